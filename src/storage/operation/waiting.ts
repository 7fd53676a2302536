/**
 * The start of a node whose store does not answer yet: a database that recovers, has no primary, is not in the DNS,
 * or is locked. It owns the waiting, and that somebody is told; what else hinders a start is thrown at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CardeaError } from '../../errors.ts';
import { StoreUnavailableError } from '../errors.ts';

type WaitLog = { warn(fields: object, message: string): void };

const pauseMs = 500;
/** How often the waiting is told. */
const sayEveryMs = 5000;

/**
 * What `start` resolves with, as soon as the store answers. Throws what it throws otherwise, and CardeaError
 * `store_unavailable` when the store did not answer for `waitMs` milliseconds.
 */
export async function untilStoreAnswers<T>(
  start: () => Promise<T>,
  { waitMs, log }: { waitMs: number; log: WaitLog },
): Promise<T> {
  const begunAt = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const now = performance.now();
      const leftMs = begunAt + waitMs - now;
      const reason = error.cause instanceof Error ? error.cause.message : String(error.cause);
      if (leftMs <= 0) throw notReached(reason, waitMs);
      if (now - saidAt >= sayEveryMs) {
        saidAt = now;
        log.warn({ reason, seconds_left: Math.ceil(leftMs / 1000) }, 'waiting for the store');
      }
      await sleep(Math.min(pauseMs, leftMs));
    }
  }
}

function notReached(reason: string, waitMs: number): CardeaError {
  const waited = waitMs === 0 ? '' : ` for ${waitMs / 1000} s (CARDEA_STORE_WAIT)`;
  return new CardeaError({
    code: 'store_unavailable',
    status: 503,
    message: `The store (CARDEA_STORE) did not answer${waited}: ${reason.replace(/\.$/, '')}.`,
  });
}
