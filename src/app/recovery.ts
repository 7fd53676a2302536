/**
 * The recovery of a server: only where mails can be sent.
 */
import { recoveries } from '../definitions/limits.ts';
import { createNetworkBudget } from '../rate_limits/room.ts';
import { createRecoveryRoom, type RecoveryRoutes } from '../recovery/room.ts';
import { declaredPasswords } from './declared_passwords.ts';
import type { Made } from './made.ts';
import { createServerThrottle } from './sign_in_throttle.ts';
import type { Start } from './start.ts';

export async function createServerRecovery(
  { config, basePath, services, clock, log, begun }: Start,
  { pages }: Pick<Made, 'pages'>,
): Promise<RecoveryRoutes | undefined> {
  const { issuer, declaration } = config;
  const { store, secrets, mail, oneTimeLinks } = services;
  if (!mail) return undefined;
  const room = createRecoveryRoom({
    ...{ issuer, basePath, mail, links: oneTimeLinks, renderer: pages.renderer, clock, log },
    users: await services.users(),
    authentication: await services.authentication(),
    throttle: createServerThrottle({ config, services, clock }),
    budget: createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('recoveries') },
      ...{ ...recoveries, purpose: 'recoveries' },
      refusal: 'Too many recoveries were asked for from your network. Try again later.',
    }),
    isPasswordDeclared: declaredPasswords(declaration),
    homePath: `${basePath}${declaration.account.enabled ? '/account' : '/'}`,
  });
  begun.defer(room.close);
  return room.routes;
}
