/**
 * Something that is to be done once by all processes together, and finished by another where the first one
 * died amid it. It owns the claim in the store; what is done must bear to be done again, under the same instant.
 */
import { createSharedWork } from '../../caching/shared_work.ts';
import type { Clock } from '../../clock.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';

/** `at`: when it was begun first, the same for whoever repeats it. Milliseconds since the epoch. */
export type ClaimedWork = (
  id: string,
  lifetimeMs: number,
  act: (at: number) => Promise<void>,
) => Promise<boolean>;

/**
 * Answers whether this call did it (or repeated it, as nobody had finished it); false: it was done within
 * `lifetimeMs`. StoreUnavailableError, and whatever `act` throws.
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
   * In this process one waits for the other. Two processes at the same moment may both do it: that they did it with
   * the same instant and id makes it one event (audit/, webhooks/), but for a metric that is each one's own.
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
