/**
 * Tells every process that a key or a project is no longer what it was (caching/change_markers.ts).
 */
import type { AnnounceChange } from '../../caching/change_markers.ts';

/** To be called when the change is durable and before it is answered. StoreUnavailableError. */
export type KeyChanges = {
  changed(keyIds: readonly string[]): Promise<void>;
  projectChanged(projectId: string): Promise<void>;
};

export const keyChangedKind = 'api_key_changed';
export const projectChangedKind = 'project_changed';

export function createKeyChanges({ announce }: { announce: AnnounceChange }): KeyChanges {
  return {
    async changed(keyIds) {
      await Promise.all(keyIds.map((id) => announce(keyChangedKind, id)));
    },
    projectChanged: (projectId) => announce(projectChangedKind, projectId),
  };
}
