/**
 * The console of a server.
 */
import type { AdminRoom } from '../admin/room.ts';
import { type ConsoleRoutes, createConsoleRoom } from '../console/room.ts';
import { createServerGuide } from './guide.ts';
import type { Made } from './made.ts';
import type { Protocol } from './protocol.ts';
import type { Start } from './start.ts';

export async function createServerConsole(
  { config, basePath, services, clock }: Start,
  { known, tokens, keys, pages, inspector, providers }: Made,
  { oidc }: Pick<Protocol, 'oidc'>,
  admin: AdminRoom,
): Promise<ConsoleRoutes> {
  const { issuer } = config;
  const { store, secrets } = services;
  const { revocations } = await services.switches();
  const users = await services.users();
  const room = createConsoleRoom({
    ...{ issuer, basePath, secrets, admin, revocations, clock },
    artifacts: store.artifacts,
    arePrincipalsActive: keys.arePrincipalsActive,
    accessTokens: tokens.accessTokens,
    tokenEndpoint: oidc.routes.programs.token,
    findOperator: known.operators.find,
    async findPerson(userId) {
      const user = await users.find(userId);
      if (!user) return undefined;
      const { name } = user.claims;
      return { username: user.username, name: typeof name === 'string' ? name : undefined };
    },
    catchUp: known.watch.catchUp,
    ...{ inspector, renderer: pages.renderer, previewLook: pages.previewLook },
    providerTests: providers.identityProviders.tests,
    providerCookie: providers.providerCookie,
    guide: createServerGuide(config),
    views: pages.consoleViews,
    hasMail: services.mail !== undefined,
    hasInvitations: (await services.invitations()) !== undefined,
  });
  return room.routes;
}
