/**
 * The admin API of a server.
 */
import { type AdminRoom, createAdminRoom } from '../admin/room.ts';
import type { EngineCheck } from '../clients/room.ts';
import type { Made } from './made.ts';
import type { Protocol } from './protocol.ts';
import { createRehearsal } from './rehearsal.ts';
import type { Start } from './start.ts';

export function createServerAdmin(
  { config, basePath, services, clock, log }: Start,
  { known, tokens, keys }: Pick<Made, 'known' | 'tokens' | 'keys'>,
  { previewTokens, oidc }: Pick<Protocol, 'previewTokens' | 'oidc'>,
  engineCheck: EngineCheck,
): AdminRoom {
  const { store, secrets, audit } = services;
  const ofServer = { listsUpToDateAt: tokens.status.upToDateAt, previewTokens };
  return createAdminRoom({
    ...{ secrets, audit, clock, basePath },
    services: { ...services, ...ofServer },
    artifacts: store.artifacts,
    rehearse: () => createRehearsal({ config, store, clock, log, engineCheck, ofServer }),
    accessTokens: tokens.accessTokens,
    arePrincipalsActive: keys.arePrincipalsActive,
    verification: keys.apiKeys.verification,
    findOperator: known.operators.find,
    findClient: known.findClient,
    catchUp: known.watch.catchUp,
    requireProof: oidc.requireProof,
  });
}
