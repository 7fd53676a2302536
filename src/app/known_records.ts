/**
 * The clients and users that a process caches, and how it learns that one of them has changed.
 */
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createKnownClients, type FindClient } from '../clients/room.ts';
import { createKnownUsers } from '../users/room.ts';
import type { Start } from './start.ts';

export type KnownRecords = {
  watch: MarkerWatch;
  findClient: FindClient;
  findUser: ReturnType<typeof createKnownUsers>;
};

export function createKnownRecords({ services: { store, watch }, clock }: Start): KnownRecords {
  return {
    watch,
    findClient: createKnownClients({ clients: store.clients, watch, clock }),
    findUser: createKnownUsers({ users: store.users, watch, clock }),
  };
}
