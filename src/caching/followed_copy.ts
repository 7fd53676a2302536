/**
 * A copy of shared state that a process holds as a whole, so that requests read it without waiting. It is read again
 * when a marker says that it has changed (change_markers.ts), as a part of the watch's catchUp(): whoever has caught up
 * finds it as of then.
 */
import type { Clock } from '../clock.ts';
import type { MarkerWatch, Remembered } from './marker_watch.ts';

/** Has `read` called, which replaces the copy, whenever the copy may be outdated. `name`: the marker's key. */
export function followCopy({
  watch,
  name,
  read,
  clock,
}: {
  watch: Pick<MarkerWatch, 'follow' | 'isCurrent'>;
  name: string;
  /** Throws StoreUnavailableError. */
  read: () => Promise<void>;
  clock: Clock;
}): void {
  let held: Remembered | undefined;
  watch.follow((asOf) => {
    if (held && watch.isCurrent(held)) return undefined;
    const loadedAt = clock.now();
    return read().then(() => {
      held = { asOf, loadedAt, names: [name] };
    });
  });
}
