/**
 * When the clients of a server are used.
 */
import { type ClientUsesRecorder, createClientUsesRecorder } from '../clients/room.ts';
import type { Start } from './start.ts';

export async function createServerClientUses({
  services,
  clock,
  log,
  begun,
}: Start): Promise<ClientUsesRecorder> {
  const recorder = createClientUsesRecorder({
    ...{ store: services.store.clients, clients: await services.clients(), clock, log },
  });
  begun.defer(() => recorder.close());
  return recorder;
}
