/**
 * Users as requests need them that are about a token of theirs, in memory (record_cache.ts). Whoever disables or
 * deletes a user ends what the user had, which is seen by the next request on every node; that one was let in again
 * is not announced, and is looked up.
 */
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createRecordCache } from '../caching/record_cache.ts';
import type { Clock } from '../clock.ts';
import type { UserRecord, UserStore } from '../storage/users.ts';
import { markerKeyOf } from '../tokens/room.ts';

/** The kind of the markers that can outdate a remembered user. */
export const userMarkerKinds = ['user'];

/** As of no earlier than each call, or than `asOf`; undefined: there is none. StoreUnavailableError. */
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
      const { id, disabledAt } = record;
      const names = disabledAt === undefined ? [markerKeyOf({ accountId: id })] : undefined;
      return { value: { id, disabledAt }, names };
    },
    ...{ watch, most: maxCachedUsers, clock },
  });
  return find;
}
