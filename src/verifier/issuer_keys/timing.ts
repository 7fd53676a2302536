/** Waiting: timers that keep no process alive, retries that spread out, and patience that ends. */

/** Calls back once after `ms`; cancel with clearTimeout. Does not keep the process alive. */
export function later(ms: number, callback: () => void): NodeJS.Timeout {
  return setTimeout(callback, Math.max(0, ms)).unref();
}

/** Milliseconds before retry number `failures` (from 1): doubled each time, at most `capMs`, jittered. */
export function backoff(failures: number, firstMs: number, capMs: number): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 20));
  // Half of it is chance, so that many verifiers do not come back at the same instant.
  return full * (0.5 + Math.random() / 2);
}

/** Waits for `work` to settle either way, at most `ms`. */
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
