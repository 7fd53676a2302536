/**
 * Work that all processes together do once, and that another process finishes if the first one crashes. It owns
 * the claim in the store. The work itself must be safe to repeat with the same instant.
 */
import { createSharedWork } from '../../caching/shared_work.ts';
import type { Clock } from '../../clock.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';

/**
 * `at`: when the work was first started, the same for every process that repeats it. Milliseconds since the
 * epoch.
 */
export type ClaimedWork = (
  id: string,
  lifetimeMs: number,
  act: (at: number) => Promise<void>,
) => Promise<boolean>;

/**
 * Resolves to whether this call did the work, or repeated work that nobody had finished; false if it was done
 * within `lifetimeMs`. Throws StoreUnavailableError, and whatever `act` throws.
 */
export function createClaimedWork({
  kind,
  artifacts,
  clock,
}: {
  kind: string;
  artifacts: Pick<ArtifactStore, 'insert' | 'find' | 'consume'>;
  clock: Clock;
}): ClaimedWork {
  const doOnce: ClaimedWork = async (id, lifetimeMs, act) => {
    const now = clock.now();
    const claim = { kind, id, payload: { at: now }, expiresAt: now + lifetimeMs };
    let earlier = await artifacts.find(kind, id, now);
    if (!earlier && !(await artifacts.insert(claim, now))) {
      earlier = await artifacts.find(kind, id, now);
    }
    if (earlier?.consumedAt !== undefined) return false;
    await act(Number(earlier?.payload.at ?? now));
    await artifacts.consume(kind, id, clock.now());
    return true;
  };

  /**
   * Within one process, concurrent calls wait for the first. Two processes may still both do the work: they use
   * the same instant and id, so audit/ and webhooks/ treat it as one event. Only their own metrics count it
   * twice.
   */
  const shared = createSharedWork<boolean>();
  return async (id, lifetimeMs, act) => {
    let isOurs = false;
    const isDone = await shared(id, () => {
      isOurs = true;
      return doOnce(id, lifetimeMs, act);
    });
    return isOurs && isDone;
  };
}
