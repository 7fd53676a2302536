/**
 * Waiting: timers that do not keep the process alive, backoff with jitter, and waits with a limit.
 */

/** Calls back once after `ms`; cancel with clearTimeout. Does not keep the process alive. */
export function later(ms: number, callback: () => void): NodeJS.Timeout {
  return setTimeout(callback, Math.max(0, ms)).unref();
}

/** Milliseconds before retry number `failures` (from 1): doubles each time up to `capMs`, with jitter. */
export function backoff(failures: number, firstMs: number, capMs: number): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 20));
  // Half of it is random, so that many verifiers do not return at the same moment.
  return full * (0.5 + Math.random() / 2);
}

/** Waits until `work` settles either way, but at most `ms`. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([
      work.then(
        () => undefined,
        () => undefined,
      ),
      patience,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
