/**
 * Work that several requests of this process ask for at the same moment, under the same name: the first one
 * starts it, and all of them wait for it and get its result. Nothing is kept once it is done.
 */

/** `name` says what `work` is about. Rejects for all who wait when `work` does. */
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
