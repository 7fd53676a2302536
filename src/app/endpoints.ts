/**
 * The endpoints of OAuth 2.0 and OpenID Connect.
 */
import { createRequirements } from '../authentication/room.ts';
import { documentFetches, serverLimits } from '../definitions/limits.ts';
import { createDnsLookup } from '../net/dns_lookup.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import { createOidcRoom, type loadPairwiseSubjects, type OidcRoom } from '../oidc/room.ts';
import {
  createAccountBudget,
  createNetworkBudget,
  createRegistrationLimits,
} from '../rate_limits/room.ts';
import { createJwksCache } from '../signing_keys/room.ts';
import { statisticsMetrics } from '../statistics/room.ts';
import type { Made } from './made.ts';
import type { Start } from './start.ts';

export type Pairwise = Awaited<ReturnType<typeof loadPairwiseSubjects>>;

export async function createEndpoints(
  { config, basePath, cookieKeys, services, clock, log, metrics, spans, statistics }: Start,
  { known, clientUses, tokens, keys, pages }: Omit<Made, 'inspector' | 'providers'>,
  pairwise: Pairwise,
): Promise<OidcRoom> {
  const { issuer, declaration } = config;
  const { store, secrets, apis, scopes, audit } = services;
  const clients = await services.clients();
  const outbound = { ...declaration.outbound, log, spans };
  const limits = { counters: store.counters, clock, policy: declaration.strangers };
  const jwksOf = createJwksCache();
  return createOidcRoom({
    ...{ issuer, basePath, declaration, store, secrets, cookieKeys, apis, scopes },
    ...{ audit, pairwise, metrics, log, clock, step: services.step, clientUses },
    ...(await services.switches()),
    countSignOut: () => statistics.count(statisticsMetrics.signOuts),
    keySource: tokens.keys,
    sign: tokens.sign,
    jwks: async () => jwksOf(await tokens.keys.freshSnapshot(), clock.now()),
    documentation: () => services.settings.effective().pages.documentation,
    clients: { ...clients, find: known.findClient, findStored: clients.find },
    catchUp: known.watch.catchUp,
    followSigningKeys: tokens.followSigningKeys,
    users: await services.users(),
    requirements: createRequirements({ policy: declaration.sign_in }),
    authenticators: (await services.authentication()).authenticators,
    accessTokens: tokens.accessTokens,
    bounds: tokens.bounds,
    arePrincipalsActive: keys.arePrincipalsActive,
    status: tokens.assignment,
    tokenIssuer: tokens.issuer,
    keyExchange: keys.keyExchange,
    apiKeys: keys.apiKeys,
    begunBudget: createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('begun requests') },
      perAddress: declaration.strangers.begun_per_address,
      inAll: declaration.strangers.begun_in_all,
      purpose: 'begun',
      refusal: 'Too many unfinished requests from your network. Try again later.',
    }),
    documentBudget: createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('fetched client documents') },
      ...documentFetches,
      purpose: 'client_documents',
      refusal: 'Too many unknown apps from your network. Try again later.',
    }),
    accountBudget: createAccountBudget({
      ...{ ...limits, key: secrets.derive('tokens per account'), purpose: 'tokens' },
    }),
    registrationLimits: createRegistrationLimits({
      ...{ ...limits, policy: declaration.dynamic_registration },
      key: secrets.derive('open registrations'),
    }),
    renderer: pages.renderer,
    fetches: {
      operators: createOutboundFetch(outbound),
      registrants: createOutboundFetch({
        ...{ ...outbound, allow: outbound.allow_registered },
        lookup: createDnsLookup({ timeLimit: serverLimits.outboundMs }),
      }),
    },
  });
}
