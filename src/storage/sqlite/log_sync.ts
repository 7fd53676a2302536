/**
 * Brings SQLite's log to the disk without holding up the event loop or the write lock: a commit writes to the log,
 * and its answer waits for a sync that a thread of the runtime does. One sync serves all that wait for it.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { StoreUnavailableError } from '../errors.ts';

export type LogSync = {
  /** Resolves once all that is committed now is on the disk; StoreUnavailableError when that failed. */
  synced(): Promise<void>;
  close(): Promise<void>;
};

/**
 * `path`: of the database. `fold` brings the log into the database and both to the disk, or throws. `sync` is the
 * operating system's.
 */
export function createLogSync({
  path,
  fold,
  sync = (log) => log.datasync(),
}: {
  path: string;
  fold: () => void;
  sync?: (log: FileHandle) => Promise<void>;
}): LogSync {
  let log: FileHandle | undefined;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let failed = false;

  async function run(): Promise<void> {
    try {
      // After a failure the system takes the lost pages for written: no later sync would tell.
      if (failed) fold();
      // The log exists as long as a connection is open. No lock of SQLite's is on it that closing could end.
      log ??= await open(`${path}-wal`, 'r+');
      await sync(log);
      failed = false;
    } catch (error) {
      failed = true;
      throw error instanceof StoreUnavailableError ? error : new StoreUnavailableError(error);
    }
  }

  return {
    synced() {
      // The sync that runs may have begun before the commit that is asked about.
      next ??= running
        .catch(() => {})
        .then(() => {
          running = run();
          next = undefined;
          return running;
        });
      return next;
    },
    async close() {
      await running.catch(() => {});
      await log?.close();
    },
  };
}
