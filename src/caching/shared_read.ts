/**
 * Reads that many requests need at the same moment, done once for all of them.
 */

/** One read at a time: those who ask during one share the next, which begins after they asked. */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    next = undefined;
    const current = read().finally(() => {
      if (running === current) running = undefined;
    });
    running = current;
    return current;
  };
  return () => {
    if (!running) return start();
    // One that fails fails for those who wait as well: each wave would wait for a lost store anew.
    next ??= running.then(start, (error) => {
      next = undefined;
      throw error;
    });
    return next;
  };
}
