/**
 * Markers that were looked up recently, found or not: one request asks about the same family, grant, person, client and
 * API several times, and the next request about most of them again. A lookup is remembered until the watch sees a newer
 * marker of that name, and for a minute at most (caching/marker_watch.ts), so it is never older than the question.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { MarkerWatch, Remembered } from '../../caching/marker_watch.ts';
import type { Clock } from '../../clock.ts';
import type { Revocation, RevocationStore } from '../../storage/revocations.ts';

type Kept = Remembered & { marker: Revocation | undefined };

/** Some 300 bytes each. */
const mostNames = 10_000;

/** The same store; `find` reads only what is not remembered. */
export function rememberMarkers(
  markers: RevocationStore,
  { watch, clock }: { watch: MarkerWatch; clock: Clock },
): RevocationStore {
  const kept = createLruCache<Kept>(mostNames);

  return {
    ...markers,
    async find(keys, now) {
      const asOf = await watch.catchUp();
      const loadedAt = clock.now();
      const found: Revocation[] = [];
      const unknown: string[] = [];
      for (const key of new Set(keys)) {
        const known = kept.get(key);
        if (!known || !watch.isCurrent(known)) unknown.push(key);
        else if (known.marker && known.marker.expiresAt > now) found.push(known.marker);
      }
      if (unknown.length === 0) return found;
      const read = await markers.find(unknown, now);
      const byKey = new Map(read.map((marker) => [marker.key, marker]));
      for (const key of unknown) {
        kept.set(key, { asOf, loadedAt, names: [key], marker: byKey.get(key) });
      }
      return [...found, ...read];
    },
  };
}
