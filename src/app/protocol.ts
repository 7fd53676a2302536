/**
 * What people, clients and gateways talk to: the protocol endpoints, sign-in and consent, and forward-auth.
 */
import type { Middleware } from 'koa';
import { documentFetches, serverLimits } from '../definitions/limits.ts';
import { createForwardAuthRoom } from '../gateway/room.ts';
import type { Handler } from '../http/answer.ts';
import type { InspectorPages } from '../inspection/room.ts';
import { createInteractionsRoom, type InteractionRoutes } from '../interactions/room.ts';
import { createDnsLookup } from '../net/dns_lookup.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import {
  createOidcRoom,
  createOpaqueTokenReader,
  loadPairwiseSubjects,
  type OidcRoom,
  type PreviewTokens,
  throttleDeviceCodes,
} from '../oidc/room.ts';
import {
  createAccountBudget,
  createNetworkBudget,
  createRegistrationLimits,
} from '../rate_limits/room.ts';
import { createJwksCache } from '../signing_keys/room.ts';
import { statisticsMetrics } from '../statistics/room.ts';
import type { ServerApiKeys } from './api_keys.ts';
import type { KnownRecords } from './known_records.ts';
import type { Pages } from './pages.ts';
import type { Start } from './start.ts';
import { createServerPreviews } from './token_previews.ts';
import type { ServerTokens } from './tokens.ts';

/** The rooms that the protocol builds on. */
export type Made = {
  known: KnownRecords;
  tokens: ServerTokens;
  keys: ServerApiKeys;
  pages: Pages;
  inspector: InspectorPages;
};

export type Protocol = {
  oidc: OidcRoom;
  forwardAuth: Handler;
  interactions: InteractionRoutes;
  /** Limits how many device codes one network may try. */
  deviceThrottle: Middleware;
  previewTokens: PreviewTokens;
};

export async function createProtocol(start: Start, made: Made): Promise<Protocol> {
  const { config, services, clock } = start;
  const { secrets, store, apis } = services;
  const { known, tokens, keys } = made;
  const { revocations } = await services.switches();
  const pairwise = await loadPairwiseSubjects({ documents: store.documents, secrets });
  const oidc = await createEndpoints(start, made, pairwise);
  start.begun.defer(() => oidc.close());

  const forwardAuth = createForwardAuthRoom({
    ...{ ...keys, apis, clock },
    schemes: config.declaration.api_keys.schemes,
    accessTokens: tokens.accessTokens,
    reportLeak: keys.notices.reportLeak,
    catchUp: known.watch.catchUp,
    readOpaque: createOpaqueTokenReader({
      ...{ artifacts: store.artifacts, revocations, pairwise, clock },
      bounds: tokens.bounds,
      provider: oidc.provider,
    }),
  });
  return {
    oidc,
    forwardAuth: forwardAuth.route,
    interactions: (await createInteractions(start, made, oidc)).routes,
    previewTokens: createServerPreviews(start, made, pairwise),
    deviceThrottle: throttleDeviceCodes({
      ...{ counters: store.counters, clock, policy: config.declaration.sign_in },
      key: secrets.derive('device code throttle'),
    }),
  };
}

export type Pairwise = Awaited<ReturnType<typeof loadPairwiseSubjects>>;

/** The endpoints of OAuth 2.0 and OpenID Connect. */
export async function createEndpoints(
  { config, basePath, cookieKeys, services, clock, log, metrics, spans, statistics }: Start,
  { known, tokens, keys, pages }: Omit<Made, 'inspector'>,
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
    ...{ audit, pairwise, metrics, log, clock, step: services.step },
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
    accessTokens: tokens.accessTokens,
    bounds: tokens.bounds,
    arePrincipalsActive: keys.arePrincipalsActive,
    status: tokens.assignment,
    tokenIssuer: tokens.issuer,
    keyExchange: keys.keyExchange,
    verifySecret: clients.verifySecret,
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

async function createInteractions(
  { config, basePath, services, clock }: Start,
  { pages }: Made,
  oidc: OidcRoom,
) {
  const { issuer, declaration } = config;
  const { store, secrets, apis, scopes, audit } = services;
  const { revocations } = await services.switches();
  return createInteractionsRoom({
    ...{ issuer, basePath, store, secrets, apis, scopes, revocations, audit, clock },
    users: await services.users(),
    renderer: pages.renderer,
    provider: oidc.provider,
    ...{ binding: oidc.binding, restarts: oidc.restarts },
    policy: declaration.sign_in,
    consents: createAccountBudget({
      ...{ counters: store.counters, clock, policy: declaration.strangers },
      ...{ key: secrets.derive('consents per account'), purpose: 'consents' },
    }),
  });
}
