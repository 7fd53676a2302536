/**
 * Tells every process that a record is no longer what it was. It is a marker in the store's order of revocations
 * that ends nothing: the number that it takes is what processes notice (marker_watch.ts).
 */
import type { Clock } from '../clock.ts';
import type { RevocationStore } from '../storage/revocations.ts';

/** To be called when the change is durable and before it is answered. StoreUnavailableError. */
export type AnnounceChange = (kind: string, id: string) => Promise<void>;

/** The kind of the markers that announce a changed client. */
export const clientChangedKind = 'client_changed';

/** Far longer than any process goes by what it remembers of a record. Milliseconds. */
const markerLifetime = 600_000;

export function createChangeMarkers({
  markers,
  clock,
}: {
  markers: Pick<RevocationStore, 'put'>;
  clock: Clock;
}): AnnounceChange {
  return async (kind, id) => {
    await markers.put({ key: `${kind}:${id}`, expiresAt: clock.now() + markerLifetime });
  };
}
