/**
 * Tells every process that a record has changed: puts a marker into the store's sequence of revocations that revokes
 * nothing. Processes notice the next sequence number (marker_watch.ts).
 */
import type { Clock } from '../clock.ts';
import type { RevocationStore } from '../storage/revocations.ts';

/** Call it once the change is durable, before responding. Throws StoreUnavailableError. */
export type AnnounceChange = (kind: string, id: string) => Promise<void>;

/** The kind of marker that announces a changed client. */
export const clientChangedKind = 'client_changed';

/** The kind of marker that announces a change of what processes hold as a whole (followed_copy.ts). */
export const copyChangedKind = 'copy_changed';

/** The key of the marker that outdates this copy. */
export function copyMarker(copy: 'apis' | 'settings' | 'tiers' | 'webhooks'): string {
  return `${copyChangedKind}:${copy}`;
}

/** Milliseconds. Far longer than any process trusts its copy of a record. */
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
