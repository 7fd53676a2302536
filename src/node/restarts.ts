/**
 * What to do when a worker dies: restart it at once, after a pause, or not at all. Each slot (the first,
 * second, … worker) is judged by itself, so that one event that ends all of them is not a loop.
 */
type WorkerDeath = {
  slot: number;
  /** Milliseconds since it was forked. */
  livedMs: number;
  /** It accepted requests. */
  started: boolean;
  code: number | null;
  signal: string | null;
};

export type Restarts = {
  afterDeath(death: WorkerDeath): { delayMs: number } | 'give_up';
};

const settledAfterMs = 10_000;
const deathsInARow = 5;
/** Sent by someone else: an operator, or the kernel when out of memory. Not the worker's own fault. */
const foreignSignals = new Set(['SIGKILL', 'SIGTERM', 'SIGINT']);

export function createRestarts(): Restarts {
  /** Consecutive deaths of a slot's workers, each within its first ten seconds. */
  const early = new Map<number, number>();
  return {
    afterDeath({ slot, livedMs, started, code, signal }) {
      const ownDoing = code !== 0 && !foreignSignals.has(signal ?? '');
      const isEarly = livedMs < settledAfterMs && (!started || ownDoing);
      const count = isEarly ? (early.get(slot) ?? 0) + 1 : 0;
      early.set(slot, count);
      if (count >= deathsInARow) return 'give_up';
      return { delayMs: count < 2 ? 0 : 100 * 2 ** (count - 2) };
    },
  };
}
