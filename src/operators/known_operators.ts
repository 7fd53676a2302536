/**
 * The operators as requests need them, kept in memory (record_cache.ts). Every change is announced, so that a role that
 * was taken away is gone for the next request on every node.
 */
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createRecordCache } from '../caching/record_cache.ts';
import type { Clock } from '../clock.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Operator } from './operator.ts';
import { readOperators } from './operators_document.ts';

/** The marker that announces a change, of all operators at once. */
export const operatorsChanged = { kind: 'operators_changed', id: 'all' } as const;

export type KnownOperators = {
  /**
   * The operator that this user is, at least as recent as the call, or as `asOf`; undefined for everybody else, and for a
   * user who is disabled or gone. Throws StoreUnavailableError.
   */
  find(userId: string, asOf?: number): Promise<Operator | undefined>;
};

export function createKnownOperators({
  documents,
  findUser,
  watch,
  clock,
}: {
  documents: Pick<DocumentStore, 'get'>;
  /** From memory as well (createKnownUsers). */
  findUser: (
    id: string,
    asOf?: number,
  ) => Promise<Pick<UserRecord, 'id' | 'disabledAt'> | undefined>;
  watch: MarkerWatch;
  clock: Clock;
}): KnownOperators {
  const cache = createRecordCache<ReadonlyMap<string, Operator>>({
    read: async () => ({
      value: await readOperators(documents),
      names: [`${operatorsChanged.kind}:${operatorsChanged.id}`],
    }),
    ...{ watch, most: 1, clock },
  });
  return {
    async find(userId, asOf) {
      const operators = await cache.find(operatorsChanged.id, asOf);
      const operator = operators?.get(userId);
      if (!operator) return undefined;
      const user = await findUser(userId, asOf);
      return user && user.disabledAt === undefined ? operator : undefined;
    },
  };
}
