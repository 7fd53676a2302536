/**
 * Clients as requests need them: each comes from one, so they are kept in memory (record_cache.ts). A change that
 * is made through this room is seen by the next request on every node.
 */
import { clientChangedKind } from '../caching/change_markers.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import { createRecordCache } from '../caching/record_cache.ts';
import type { Clock } from '../clock.ts';
import type { ClientRecord, ClientStore } from '../storage/clients.ts';
import { markerKeyOf } from '../tokens/room.ts';

/** Who changes a client and dies before it is announced may have revoked what the client had. */
export const clientMarkerKinds = [clientChangedKind, 'client'];

/** As of no earlier than each call, or than `asOf`; undefined: there is none. StoreUnavailableError. */
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
      return (
        record && {
          value: record,
          names: [`${clientChangedKind}:${clientId}`, markerKeyOf({ clientId })],
        }
      );
    },
    ...{ watch, most: maxCachedClients, clock },
  });
  return find;
}
