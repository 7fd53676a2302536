/**
 * Users as requests about their tokens need them, kept in memory (record_cache.ts). Disabling or deleting a
 * user ends what the user had, which the next request on every node sees. Enabling a user is not announced, so
 * disabled users are always looked up. Whoever waits for their deletion is to others as one who is disabled.
 */
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createRecordCache } from '../caching/record_cache.ts';
import type { Clock } from '../clock.ts';
import type { UserRecord, UserStore } from '../storage/users.ts';
import { markerKeyOf } from '../tokens/room.ts';

/**
 * At least as recent as the call, or as `asOf`. Undefined if there is no such user. Throws
 * StoreUnavailableError.
 */
export type FindUser = (
  id: string,
  asOf?: number,
) => Promise<Pick<UserRecord, 'id' | 'disabledAt'> | undefined>;

const maxCachedUsers = 10_000;

export function createKnownUsers({
  users,
  watch,
  clock,
}: {
  users: Pick<UserStore, 'find'>;
  watch: MarkerWatch;
  clock: Clock;
}): FindUser {
  const { find } = createRecordCache<Pick<UserRecord, 'id' | 'disabledAt'>>({
    async read(userId) {
      const record = await users.find(userId);
      if (!record) return undefined;
      const { id, deletion, disabledAt = deletion?.requestedAt } = record;
      const names = disabledAt === undefined ? [markerKeyOf({ accountId: id })] : undefined;
      return { value: { id, disabledAt }, names };
    },
    ...{ watch, most: maxCachedUsers, clock },
  });
  return find;
}
