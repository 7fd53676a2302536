/**
 * Clients as requests need them, kept in memory (record_cache.ts). The next request on every node sees a change
 * made through this room.
 */
import { clientChangedKind } from '../caching/change_markers.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createRecordCache } from '../caching/record_cache.ts';
import type { Clock } from '../clock.ts';
import type { ClientRecord, ClientStore } from '../storage/clients.ts';
import { markerKeyOf } from '../tokens/room.ts';

/**
 * At least as recent as the call, or as `asOf`. Undefined if there is no such client, or none any more. Throws
 * StoreUnavailableError.
 */
export type FindClient = (
  clientId: string,
  asOf?: number,
) => Promise<Readonly<ClientRecord> | undefined>;

const maxCachedClients = 1000;

export function createKnownClients({
  clients,
  watch,
  clock,
}: {
  clients: Pick<ClientStore, 'find'>;
  watch: MarkerWatch;
  clock: Clock;
}): FindClient {
  const { find } = createRecordCache<ClientRecord>({
    async read(clientId) {
      const record = await clients.find(clientId);
      // A process that changes a client may crash before announcing it, after it has revoked what the client had.
      const names = [`${clientChangedKind}:${clientId}`, markerKeyOf({ clientId })];
      return record && { value: record, names };
    },
    ...{ watch, most: maxCachedClients, clock },
  });
  return async (clientId, asOf) => {
    const record = await find(clientId, asOf);
    return record && isExpired(record, clock.now()) ? undefined : record;
  };
}

/** The purge may be late, and tells nobody. */
function isExpired({ expiresAt }: Readonly<ClientRecord>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
