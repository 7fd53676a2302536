/**
 * Reads that many requests need at the same moment, done once for all of them.
 */

/**
 * One read at a time, shared by all callers of one turn of the event loop. Callers that arrive during a read share the
 * next one. So a read always starts after the call.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  /** Under way: it began before whoever asks now. */
  let running: Promise<T> | undefined;
  /** Not begun yet. */
  let next: Promise<T> | undefined;

  const begin = (): Promise<T> => {
    next = undefined;
    const own = read();
    running = own;
    const end = () => {
      if (running === own) running = undefined;
    };
    own.then(end, end);
    return own;
  };

  /** All requests that the system has ready are handled before the read: a whole batch of them takes one. */
  const atEndOfTurn = async (): Promise<T> => {
    await new Promise(setImmediate);
    return begin();
  };

  const after = async (earlier: Promise<T>): Promise<T> => {
    try {
      await earlier;
    } catch (error) {
      // It also fails the callers that wait: otherwise each wave would wait for a lost store again.
      next = undefined;
      throw error;
    }
    return begin();
  };

  return () => {
    next ??= running ? after(running) : atEndOfTurn();
    return next;
  };
}
