/**
 * The registration of people of a server: only where the operator wants it, and mails can be sent.
 */
import { signUps } from '../definitions/limits.ts';
import { createNetworkBudget } from '../rate_limits/room.ts';
import { createRegistrationRoom, type RegistrationRoutes } from '../registration/room.ts';
import type { Made } from './made.ts';
import type { Start } from './start.ts';

export async function createServerRegistration(
  { config, basePath, services, clock, log, metrics, begun }: Start,
  { pages }: Pick<Made, 'pages'>,
): Promise<RegistrationRoutes | undefined> {
  const { issuer, declaration } = config;
  const { store, secrets, mail, oneTimeLinks } = services;
  const { registration: policy, account } = declaration;
  const invitations = await services.invitations();
  if (!mail || !invitations) return undefined;
  const budgetOf = (kind: keyof typeof signUps) =>
    createNetworkBudget({
      ...{ counters: store.counters, clock, key: secrets.derive('sign-ups') },
      ...{ ...signUps[kind], purpose: `sign_ups_${kind}` },
      refusal: 'Too many registrations were asked for from your network. Try again later.',
    });
  const room = createRegistrationRoom({
    ...{ issuer, basePath, mail, links: oneTimeLinks, renderer: pages.renderer, clock, log },
    ...{ secrets, policy, invitations, users: await services.users() },
    count: metrics.countRegistration,
    budgets: { all: budgetOf('all'), unsolved: budgetOf('unsolved') },
    homePath: `${basePath}${account.enabled ? '/account' : '/'}`,
    signInUrl: account.enabled ? `${issuer.replace(/\/$/, '')}/account` : undefined,
  });
  begun.defer(room.close);
  return room.routes;
}
