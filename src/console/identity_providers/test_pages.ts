/**
 * A test of the connection: an operator signs in at the provider with an account of their own, and sees what came and what
 * would become of whoever comes with it. Nobody is made, connected or signed in.
 */
import { getIdentityProvider, mapIdentityProviderClaims } from '../../admin/room.ts';
import { ProviderFault, type ProviderTestResult } from '../../identity_providers/room.ts';
import { linkTo } from '../links.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import type { Fact, ObjectSection } from '../parts/object_page.ts';
import { show, type Value } from '../parts/values.ts';
import { mappedFacts, mappedSections } from './mapped_sections.ts';
import { providerPath, providersPath } from './paths.ts';
import { type Provider, problemTexts, trailTo } from './shown_provider.ts';

type Proven = Exclude<ProviderTestResult, { problem: unknown }>;

const common = {
  ...{ section: 'identity_providers', operation: mapIdentityProviderClaims },
} as const;
const one = `${providersPath}/:provider_id` as const;

async function providerOf({ call, params }: ConsoleRequest): Promise<Provider> {
  const { provider_id: id = '' } = params;
  const { body } = await call(getIdentityProvider, { params: { provider_id: id } });
  return body;
}

function question(provider: Provider, others: readonly string[] = []): ConsoleAnswer {
  const href = providerPath(provider.id);
  return {
    view: {
      ...{ title: `Test the connection to ${provider.name}`, trail: trailTo(provider) },
      template: 'confirm',
      data: {
        consequences: [
          `You sign in at ${provider.name} with an account of your own, and come back here.`,
          'You see the claims as they came, and what would become of whoever comes with them.',
          'Nobody is made, connected or signed in.',
        ],
        ...{ submit: `Go to ${provider.name}`, danger: false, isReturning: false },
        ...{ action: `${href}/test`, cancel: href, hidden: {}, fields: [], others },
      },
    },
    ...(others.length > 0 && { status: 400 }),
  };
}

const ask: ConsolePage = {
  ...{ ...common, path: `${one}/test`, method: 'GET', name: 'identity_providers.test' },
  handle: async (request) => question(await providerOf(request)),
};

const begin: ConsolePage = {
  ...{ ...common, path: `${one}/test`, method: 'POST', name: 'identity_providers.test' },
  async handle(request) {
    const provider = await providerOf(request);
    try {
      const { url, browser } = await request.providerTest.begin(provider.id);
      return { leave: { url, browser, provider: provider.name } };
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      return question(provider, [`${problemTexts[error.problem]} ${error.message}.`]);
    }
  },
};

const tested: ConsolePage = {
  ...{ ...common, path: `${one}/tested`, method: 'GET', name: 'identity_providers.tested' },
  async handle(request) {
    const provider = await providerOf(request);
    const result = await request.providerTest.find(provider.id);
    if (!result) {
      const text = 'Nothing has come back in the last ten minutes. Begin the test again.';
      return { to: providerPath(provider.id, '/test'), flash: { tone: 'warning', text } };
    }
    const shown = 'problem' in result ? failed(result) : proven(result, request);
    return {
      view: {
        ...{ title: `Tested: ${provider.name}`, trail: trailTo(provider), template: 'object' },
        data: {
          ...{ notice: undefined, ...shown },
          actions: [{ label: 'Test again', href: providerPath(provider.id, '/test') }],
        },
      },
    };
  },
};

function failed(result: Extract<ProviderTestResult, { problem: unknown }>) {
  const facts: Fact[] = [
    { label: 'What happened', value: show.text(problemTexts[result.problem]) },
    { label: 'In detail', value: show.text(result.detail) },
    { label: 'Reference', value: show.code(result.reference, { copy: true }) },
  ];
  return { status: [show.status('Nobody has signed in', 'bad')], facts, sections: [] };
}

function proven(result: Proven, request: ConsoleRequest) {
  const { issuer, subject, claims, mapped } = result;
  const view = { ...mapped, email_verified: mapped.emailVerified };
  const facts: Fact[] = [
    { label: 'What would become of them', value: fateOf(result, request) },
    { label: 'Issuer', value: show.code(issuer) },
    {
      label: 'Subject',
      value: show.code(subject),
      hint: 'With the issuer, the key of the account.',
    },
    ...mappedFacts(view),
  ];
  const sections: ObjectSection[] = [
    ...mappedSections(view),
    { title: 'The claims as they came', code: claims },
  ];
  return { status: [show.status('The connection works', 'good')], facts, sections };
}

/** In a sentence, and the user that it is about. */
function fateOf({ arrival, account }: Proven, { places }: ConsoleRequest): Value[] {
  const userOf = ({ id, username }: { id: string; username: string }) =>
    linkTo('user', id, places, username) ?? show.code(username);
  switch (arrival.is) {
    case 'known':
      return [show.text('They are signed in as this user:'), userOf(arrival.user)];
    case 'disabled':
      return [show.text('They are refused: their account here is disabled.')];
    case 'same_address':
      return [
        show.text(
          'They have to sign in first as the user who has this address, and are connected then:',
        ),
        userOf(arrival.user),
      ];
    case 'new':
      break;
  }
  if (!account) return [show.text('They are refused: nobody new is taken (new_people: refuse).')];
  const made = account.email ?? 'no address';
  const asked =
    arrival.policy === 'ask' ? 'They are asked, and then an account is made' : 'An account is made';
  return [show.text(`${asked}: ${account.username}, ${made}.`)];
}

export const providerTestPages: readonly ConsolePage[] = [ask, begin, tested];
