/**
 * The pages of identity providers: the list, one of them, and what its mapping makes of claims. A test of the connection
 * is in test_pages.ts.
 */
import {
  getIdentityProvider,
  listIdentityProviders,
  mapIdentityProviderClaims,
} from '../../admin/room.ts';
import type { ConsolePage } from '../page.ts';
import type { Field } from '../parts/fields.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { show } from '../parts/values.ts';
import { type Mapped, mappedFacts, mappedSections } from './mapped_sections.ts';
import { providerPath, providersPath, toProviders } from './paths.ts';
import {
  factsOf,
  fileNotice,
  newPeopleTexts,
  type Provider,
  sectionsOf,
  trailTo,
} from './shown_provider.ts';
import { providerTestPages } from './test_pages.ts';

const section = 'identity_providers';
const one = `${providersPath}/:provider_id` as const;

const list = listPage<Provider>({
  ...{ section, path: providersPath, title: toProviders.label, operation: listIdentityProviders },
  intro: 'Where else people can sign in.',
  columns: [
    { label: 'Name', value: ({ name }) => show.text(name) },
    { label: 'ID', value: ({ id }) => show.code(id) },
    { label: 'Issuer', value: ({ issuer }) => show.code(issuer) },
    { label: 'Email domains', value: ({ domains }) => show.tags(domains) },
    {
      label: 'People without an account',
      value: (provider) => show.text(newPeopleTexts[provider.new_people]),
    },
  ],
  hrefOf: ({ id }) => providerPath(id),
  empty: {
    title: 'No identity providers',
    text: 'People sign in with the passwords and passkeys that they have here. Declare a provider under identity_providers in the declarative file, and they can sign in with an account that they have there.',
  },
});

const object = objectPage<Provider>({
  ...{ section, path: one, read: getIdentityProvider },
  ...{ listTitle: toProviders.label, listPath: providersPath },
  titleOf: ({ name }) => name,
  status: () => [show.status('Declarative file', 'quiet')],
  notice: () => fileNotice,
  facts: factsOf,
  actions: ({ id }) => [
    {
      ...{ operation: mapIdentityProviderClaims, label: 'Test this connection' },
      href: providerPath(id, '/test'),
    },
    {
      ...{ operation: mapIdentityProviderClaims, label: 'Try claims' },
      href: providerPath(id, '/try-claims'),
    },
  ],
  sections: sectionsOf,
});

const claims: Field = {
  ...{ name: 'claims', label: 'Claims', as: 'json', required: true, code: true },
  placeholder: '{ "sub": "…", "email": "…", "email_verified": true }',
  hint: 'A JSON object, as its ID token and its userinfo endpoint have it.',
};

const tryClaims = formPage({
  ...{ section, path: `${one}/try-claims`, name: 'identity_providers.try_claims' },
  ...{ operation: mapIdentityProviderClaims, read: getIdentityProvider },
  title: (provider) => `Try claims of ${(provider as Provider).name}`,
  intro: 'What the mapping makes of claims that you paste. Nobody is looked for, made or changed.',
  trail: (_request, provider) => trailTo(provider as Provider),
  fields: () => [claims],
  submit: 'Try',
  done({ body }, { params }) {
    const mapped = body as Mapped;
    const { provider_id: id = '' } = params;
    return {
      view: {
        title: 'What becomes of these claims',
        trail: [toProviders, { label: id, href: providerPath(id) }],
        template: 'object',
        data: {
          ...{ status: [], notice: undefined, facts: mappedFacts(mapped) },
          actions: [{ label: 'Try others', href: providerPath(id, '/try-claims') }],
          sections: mappedSections(mapped),
        },
      },
    };
  },
});

export const identityProviderPages: readonly ConsolePage[] = [
  list,
  object,
  ...tryClaims,
  ...providerTestPages,
];
