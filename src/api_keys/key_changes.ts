/**
 * Tells every process that a key or a project is no longer what it was. It is a marker in the store's order
 * of revocations that ends nothing: the number that it takes is what processes notice (key_cache.ts).
 */
import type { Clock } from '../clock.ts';
import type { RevocationStore } from '../storage/revocations.ts';

/** To be called when the change is durable and before it is answered. StoreUnavailableError. */
export type KeyChanges = {
  changed(keyIds: readonly string[]): Promise<void>;
  projectChanged(projectId: string): Promise<void>;
};

/** Far longer than any process goes by what it remembers of a key. Milliseconds. */
const markerLifetime = 600_000;

export const keyChangedKind = 'api_key_changed';
export const projectChangedKind = 'project_changed';

export function createKeyChanges({
  markers,
  clock,
}: {
  markers: Pick<RevocationStore, 'put'>;
  clock: Clock;
}): KeyChanges {
  const put = (kind: string, id: string) =>
    markers.put({ key: `${kind}:${id}`, expiresAt: clock.now() + markerLifetime });

  return {
    async changed(keyIds) {
      await Promise.all(keyIds.map((id) => put(keyChangedKind, id)));
    },
    async projectChanged(projectId) {
      await put(projectChangedKind, projectId);
    },
  };
}
