/**
 * Reads that many requests need at the same moment, done once for all of them.
 */

/** One read at a time. Callers that arrive during a read share the next one, so that it starts after their call. */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  let begun = 0;
  const readNow = async (): Promise<T> => {
    begun += 1;
    const own = begun;
    try {
      return await read();
    } finally {
      if (own === begun) running = undefined;
    }
  };
  const start = (): Promise<T> => {
    next = undefined;
    running = readNow();
    return running;
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
