/**
 * What people, clients and gateways talk to: the protocol endpoints, sign-in and consent, and forward-auth.
 */
import type { Middleware } from 'koa';
import { createForwardAuthRoom } from '../gateway/room.ts';
import type { Handler } from '../http/answer.ts';
import { createInteractionsRoom, type InteractionRoutes } from '../interactions/room.ts';
import {
  createOpaqueTokenReader,
  loadPairwiseSubjects,
  type OidcRoom,
  type PreviewTokens,
  throttleDeviceCodes,
} from '../oidc/room.ts';
import { createAccountBudget } from '../rate_limits/room.ts';
import type { OpaqueToken } from '../tokens/room.ts';
import { createEndpoints } from './endpoints.ts';
import type { Made } from './made.ts';
import { createTellOfSignIns } from './mail/account_notices.ts';
import { createServerPasskeys } from './passkeys.ts';
import { createServerThrottle } from './sign_in_throttle.ts';
import type { Start } from './start.ts';
import { createServerPreviews } from './token_previews.ts';

export type Protocol = {
  oidc: OidcRoom;
  /** Undefined for all that is not alive. */
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
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

  const readOpaque = createOpaqueTokenReader({
    ...{ artifacts: store.artifacts, revocations, pairwise, clock },
    bounds: tokens.bounds,
    provider: oidc.provider,
  });
  const forwardAuth = createForwardAuthRoom({
    ...{ ...keys, apis, readOpaque, clock },
    schemes: config.declaration.api_keys.schemes,
    accessTokens: tokens.accessTokens,
    reportLeak: keys.notices.reportLeak,
    catchUp: known.watch.catchUp,
  });
  return {
    ...{ oidc, readOpaque },
    forwardAuth: forwardAuth.route,
    interactions: await createInteractions(start, made, oidc),
    previewTokens: createServerPreviews(start, made, pairwise),
    deviceThrottle: throttleDeviceCodes({
      ...{ counters: store.counters, clock, policy: config.declaration.sign_in },
      key: secrets.derive('device code throttle'),
    }),
  };
}

async function createInteractions(
  { config, basePath, services, clock, log, begun }: Start,
  { pages, providers }: Made,
  oidc: OidcRoom,
) {
  const { issuer, declaration } = config;
  const { store, secrets, apis, scopes, audit } = services;
  const { revocations } = await services.switches();
  const users = await services.users();
  const { routes, close } = createInteractionsRoom({
    ...{ issuer, basePath, store, secrets, apis, scopes, revocations, audit, clock },
    users,
    authentication: await services.authentication(),
    passkeys: await createServerPasskeys({ config, services, clock, log }),
    renderer: pages.renderer,
    identityProviders: providers.identityProviders,
    ...{ providerCookie: providers.providerCookie, tellOfIdentity: providers.tellOfIdentity },
    provider: oidc.provider,
    ...{ binding: oidc.binding, accounts: oidc.accounts, restarts: oidc.restarts },
    policy: declaration.sign_in,
    throttle: createServerThrottle({ config, services, clock }),
    hasRecovery: services.mail !== undefined,
    hasRegistration: services.mail !== undefined && declaration.registration.mode === 'open',
    consents: createAccountBudget({
      ...{ counters: store.counters, clock, policy: declaration.strangers },
      ...{ key: secrets.derive('consents per account'), purpose: 'consents' },
    }),
    tellOfSignIn: declaration.sign_in.tell_of_new_browsers
      ? createTellOfSignIns({ mail: services.mail, config, users, log })
      : undefined,
    log,
  });
  begun.defer(close);
  return routes;
}
