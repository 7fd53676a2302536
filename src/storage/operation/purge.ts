/**
 * Removes what has expired, a bounded batch at a time, from within the running server: no janitor to
 * install, and no request ever waits for more than one batch.
 */
import { type Clock, clockSkewMs } from '../../clock.ts';
import type { Store } from '../store.ts';

type PurgeLog = Record<'warn', (fields: object, message: string) => void>;

const batch = 500;
const restMs = 30_000;
/** While batches come back full there is more to do: go on soon, but let requests in between. */
const breatheMs = 200;

export function createPurge({
  store,
  clock,
  log,
  keepAuditMs,
}: {
  store: Pick<Store, 'purge'>;
  clock: Clock;
  log: PurgeLog;
  keepAuditMs: number;
}): { stop(): void } {
  let timer: NodeJS.Timeout;
  let stopped = false;

  const run = async () => {
    let removed = 0;
    try {
      const now = clock.now();
      // What is over here may not be over yet on a node whose clock is behind.
      const expiredBefore = now - clockSkewMs;
      removed = await store.purge({
        now: expiredBefore,
        limit: batch,
        auditBefore: now - keepAuditMs,
      });
    } catch (error) {
      log.warn({ err: error }, 'expired records were not removed, trying again later');
    }
    if (!stopped) schedule(removed >= batch ? breatheMs : restMs);
  };
  // Several workers purge the same store: a random share of the pause keeps them apart.
  const schedule = (ms: number) => {
    timer = setTimeout(run, ms * (0.5 + Math.random())).unref();
  };
  schedule(restMs);

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
