/**
 * Sign-in at other providers, of one server: what it knows of each is kept in its memory.
 */
import { type BrowserCookie, createBrowserCookie } from '../http/browser_cookie.ts';
import {
  type CallbackRoutes,
  createCallbackRoutes,
  createIdentityProviders,
  type IdentityProviders,
  type TellOfIdentity,
} from '../identity_providers/room.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import { createNetworkBudget } from '../rate_limits/room.ts';
import { createTellOfIdentities } from './mail/account_notices.ts';
import type { Start } from './start.ts';

export type ServerProviders = {
  identityProviders: IdentityProviders;
  /** Names the browser that began a sign-in at a provider. */
  providerCookie: BrowserCookie;
  tellOfIdentity: TellOfIdentity;
  /** Undefined where there is no provider. */
  callbackRoutes: CallbackRoutes | undefined;
};

export async function createServerProviders({
  config,
  basePath,
  services,
  clock,
  log,
  spans,
  metrics,
}: Start): Promise<ServerProviders> {
  const { issuer, declaration } = config;
  const { store, secrets, places, mail } = services;
  const users = await services.users();
  const { authenticators } = await services.authentication();
  const { revocations } = await services.switches();
  const configs = declaration.identity_providers;
  const identityProviders = createIdentityProviders({
    ...{ configs, issuer, artifacts: store.artifacts, authenticators, users, revocations, clock },
    key: secrets.derive('sign-ins at providers'),
    isDeclared: (username) => places.placeOf('user', username) !== undefined,
    fetch: createOutboundFetch({ ...declaration.outbound, log, spans }),
    budget: createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('begun at providers') },
      perAddress: declaration.strangers.begun_per_address,
      inAll: declaration.strangers.begun_in_all,
      purpose: 'begun_at_providers',
      refusal: 'Too many unfinished sign-ins from your network. Try again later.',
    }),
    count: metrics.countProviderSignIn,
  });
  const secure = new URL(issuer).protocol === 'https:';
  // For the whole host also where the issuer has a path: else a neighbouring host could plant the attacker's in somebody's
  // browser, and have that person prove who the attacker is.
  const providerCookie = createBrowserCookie({ name: 'cardea_provider', secure, basePath: '' });
  return {
    ...{ identityProviders, providerCookie },
    tellOfIdentity: createTellOfIdentities({
      ...{ config, mail, users, log, clock },
      nameOf: (id) => identityProviders.signIns.find(id)?.name ?? id,
    }),
    callbackRoutes:
      configs.length > 0
        ? createCallbackRoutes({
            ...{ signIns: identityProviders.signIns, cookie: providerCookie },
            ...{ issuer, basePath },
          })
        : undefined,
  };
}
