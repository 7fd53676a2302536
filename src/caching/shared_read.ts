/**
 * Reads that many requests need at the same moment, done once for all of them.
 */

/** One read at a time. Callers that arrive during a read share the next one, so that it starts after their call. */
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
    // A failure also fails the callers that wait: otherwise each wave would wait for a lost store again.
    next ??= running.then(start, (error) => {
      next = undefined;
      throw error;
    });
    return next;
  };
}
