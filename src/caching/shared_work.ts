/**
 * Work that concurrent requests of one process share by name: the first request starts it, and all of them get its
 * result. Nothing is cached once it is done.
 */

/** `name` identifies the work. Rejects for every caller when `work` does. */
export type SharedWork<Result> = (name: string, work: () => Promise<Result>) => Promise<Result>;

export function createSharedWork<Result>(): SharedWork<Result> {
  const running = new Map<string, Promise<Result>>();
  return (name, work) => {
    const known = running.get(name);
    if (known) return known;
    const started = work().finally(() => running.delete(name));
    running.set(name, started);
    return started;
  };
}
