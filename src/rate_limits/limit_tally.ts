import { createSharedTally, type SharedTally } from '../caching/shared_tally.ts';
import type { Clock } from '../clock.ts';
import type { CounterStore } from '../storage/counters.ts';

/** A process shares its count with the others each time it reaches this fraction of a limit. */
const chunkShare = 1 / 100;

/** Counts towards a limit, across processes. See SharedTally. */
export function createLimitTally({
  limit,
  ...options
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  purpose: string;
  key: Buffer;
  windowMs: number;
  limit: number;
}): SharedTally {
  return createSharedTally({ ...options, chunk: Math.max(1, Math.floor(limit * chunkShare)) });
}
