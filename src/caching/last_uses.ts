/**
 * When each of many things was last used, to the minute: noted in memory, and written together with others, so that
 * using it waits for nothing. Every process notes and writes its own; the store keeps the latest.
 */
import { minuteMs } from '../definitions/units.ts';
import { writeInParts } from './background_write.ts';
import { createLruCache } from './lru_cache.ts';

export type LastUses<Use> = {
  /** Notes a use at `now` (ms). `describe` is called once for each minute of a thing; `minute`: its begin (ms). */
  note(thing: string, now: number, describe: (minute: number) => Use): void;
  isEmpty(): boolean;
  /** Writes what was noted. Throws what `write` throws, and keeps what it could not write. */
  flush(): Promise<void>;
};

/** Things that a process remembers. Beyond this, no further ones are noted while the store is unavailable. */
const maxThings = 100_000;

export function createLastUses<Use>(write: (uses: Use[]) => Promise<void>): LastUses<Use> {
  /** Not written yet. */
  let waiting = new Map<string, Use>();
  /** The minute of each thing's last use, as far as this process has noted it. */
  const noted = createLruCache<number>(maxThings);

  return {
    note(thing, now, describe) {
      const minute = now - (now % minuteMs);
      if ((noted.get(thing) ?? 0) >= minute || waiting.size >= maxThings) return;
      waiting.set(thing, describe(minute));
      noted.set(thing, minute);
    },
    isEmpty: () => waiting.size === 0,
    async flush() {
      const uses = [...waiting];
      waiting = new Map();
      await writeInParts(uses, {
        write: (part) => write(part.map(([, use]) => use)),
        keep(left) {
          // Noted meanwhile is noted later.
          waiting = new Map([...left, ...waiting]);
        },
      });
    },
  };
}
