/**
 * The clients, users and operators that a process caches, and how it learns that one of them has changed.
 */
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createKnownClients, type FindClient } from '../clients/room.ts';
import { createKnownOperators, type KnownOperators } from '../operators/room.ts';
import { createKnownUsers } from '../users/room.ts';
import type { Start } from './start.ts';

export type KnownRecords = {
  watch: MarkerWatch;
  findClient: FindClient;
  findUser: ReturnType<typeof createKnownUsers>;
  operators: KnownOperators;
};

export function createKnownRecords({ services: { store, watch }, clock }: Start): KnownRecords {
  const { clients, users, documents } = store;
  const findUser = createKnownUsers({ users, watch, clock });
  return {
    watch,
    findClient: createKnownClients({ clients, watch, clock }),
    findUser,
    operators: createKnownOperators({ documents, findUser, watch, clock }),
  };
}
