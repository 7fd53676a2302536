/**
 * Connecting an account at a provider, and taking it away again. Who came back from the provider is shown before it is
 * connected: the browser may have been signed in there as somebody else.
 */
import { sha256 } from '../../../digests.ts';
import { CardeaError } from '../../../errors.ts';
import { ProviderFault } from '../../../identity_providers/room.ts';
import { fill } from '../../../pages/texts.ts';
import { type AccountAnswer, type AccountPage, type AccountRequest, notThere } from '../../page.ts';
import {
  identitiesPath,
  nameOfProvider,
  ownIdentity,
  pathOfIdentity,
  providersPath,
} from './own_identities.ts';

const section = 'ways';
const arrived = '/ways/connect';
const oneProvider = `${providersPath}/:provider_id` as const;
const oneIdentity = `${identitiesPath}/:identity` as const;

const ownerOf = ({ person, visit }: AccountRequest) =>
  ({ kind: 'connect', userId: person.id, session: sha256(visit.session.id) }) as const;

function providerOf({ params, services }: AccountRequest) {
  return services.providers.signIns.find(params.provider_id ?? '') ?? notThereNow();
}

function notThereNow(): never {
  throw notThere();
}

const warning = (text: string): AccountAnswer => ({
  to: '/ways',
  flash: { tone: 'warning', text },
});

/** What a person is told whose sign-in at the provider came to nothing. */
function failed(
  { texts }: AccountRequest,
  provider: string,
  problem: ProviderFault['problem'],
): AccountAnswer {
  return warning(fill(texts.sign_in_errors[`provider_${problem}`], { provider }));
}

export const providerPages: readonly AccountPage[] = [
  {
    ...{ path: oneProvider, section, method: 'GET', name: 'ways.provider' },
    async handle(request) {
      const { t, link } = request;
      const { id, name: provider } = providerOf(request);
      const words = t.provider;
      return {
        page: 'account/identity',
        data: {
          title: fill(words.connect_title, { provider }),
          text: fill(words.connect_text, { provider, issuer: request.brand }),
          submit: fill(words.go, { provider }),
          ...{ action: link(`${providersPath}/${id}`), isRemoval: false, listPath: link('/ways') },
        },
      };
    },
  },
  {
    ...{ path: oneProvider, section, method: 'POST', name: 'ways.provider.begin' },
    needsFreshSignIn: true,
    formPath: ({ provider_id: id = '' }) => `${providersPath}/${encodeURIComponent(id)}`,
    async handle(request) {
      const { ip, locale, services } = request;
      const { id, name } = providerOf(request);
      const wish = { purpose: ownerOf(request), ip, uiLocales: locale };
      try {
        return { leave: await services.providers.signIns.begin(id, wish, request.providerBrowser) };
      } catch (error) {
        if (!(error instanceof ProviderFault)) throw error;
        return failed(request, name, error.problem);
      }
    },
  },
  {
    ...{ path: arrived, section, method: 'GET', name: 'ways.provider.arrived' },
    async handle(request) {
      const { t, link, services } = request;
      const { outcomes } = services.providers;
      const outcome = await outcomes.find(ownerOf(request));
      if (!outcome) return { to: '/ways' };
      if ('failure' in outcome) {
        await outcomes.take(ownerOf(request));
        const { provider, problem } = outcome.failure;
        return failed(request, nameOfProvider(request, provider), problem);
      }
      const { provider: id, label } = outcome.proven;
      const provider = nameOfProvider(request, id);
      const words = t.provider;
      return {
        page: 'account/identity',
        data: {
          title: fill(words.connect_title, { provider }),
          text: fill(words.confirm_text, { provider, issuer: request.brand }),
          ...{ label, submit: words.confirm, action: link(arrived) },
          ...{ isRemoval: false, listPath: link('/ways') },
        },
      };
    },
  },
  {
    ...{ path: arrived, section, method: 'POST', name: 'ways.provider.connect' },
    needsFreshSignIn: true,
    formPath: () => arrived,
    async handle(request) {
      const { person, services, by, t, tell } = request;
      const { outcomes, identities } = services.providers;
      const outcome = await outcomes.take(ownerOf(request));
      if (!outcome || 'failure' in outcome) return warning(t.provider.gone);
      const provider = nameOfProvider(request, outcome.proven.provider);
      const answer = await identities.connect({ id: person.id, by }, outcome.proven);
      if (answer === 'another' || answer === 'too_many') {
        return warning(fill(t.provider[answer], { provider }));
      }
      if (answer === 'connected') await tell({ act: 'identity_connected', provider });
      const text = fill(t.provider.connected, { provider });
      return { to: '/ways', flash: { tone: 'good', text } };
    },
  },
  {
    ...{ path: oneIdentity, section, method: 'GET', name: 'ways.identity' },
    async handle(request) {
      const { t, times, link } = request;
      const identity = ownIdentity(request);
      const { provider, label, createdAt, lastUsedAt } = identity;
      return {
        page: 'account/identity',
        data: {
          ...{ title: nameOfProvider(request, provider), text: t.provider.remove_text, label },
          added: times.day(createdAt),
          lastUsed: lastUsedAt === undefined ? undefined : times.ago(lastUsedAt),
          ...{ submit: t.provider.remove, action: link(`${pathOfIdentity(identity)}/remove`) },
          ...{ isRemoval: true, listPath: link('/ways') },
        },
      };
    },
  },
  {
    ...{ path: `${oneIdentity}/remove`, section, method: 'POST', name: 'ways.identity.remove' },
    needsFreshSignIn: true,
    formPath: ({ identity = '' }) => `${identitiesPath}/${encodeURIComponent(identity)}`,
    async handle(request) {
      const { person, services, params, by, t, tell } = request;
      const provider = nameOfProvider(request, ownIdentity(request).provider);
      const { identity: key = '' } = params;
      try {
        const { identities } = services.providers;
        const owner = { id: person.id, by };
        const isDone = await identities.disconnect(owner, { key, owner: person });
        if (!isDone) throw notThere();
      } catch (error) {
        if (!(error instanceof CardeaError) || error.code !== 'last_way_in') throw error;
        return warning(t.provider.last);
      }
      await tell({ act: 'identity_disconnected', provider });
      const text = fill(t.provider.removed, { provider });
      return { to: '/ways', flash: { tone: 'good', text } };
    },
  },
];
