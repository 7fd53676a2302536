/**
 * Tells every process that a key or a project has changed (caching/change_markers.ts).
 */
import type { AnnounceChange } from '../../caching/change_markers.ts';

/** Call these when the change is durable and before the response is sent. Throw StoreUnavailableError. */
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
