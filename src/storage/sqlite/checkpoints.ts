/**
 * Brings SQLite's log into the database file, so that the log does not grow. It takes time: where there is a routine
 * thread, that does it, and a process's own connection only when the thread does not keep up.
 */
import { StoreUnavailableError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { toStoreError } from './errors.ts';

/** What SQLite answers to `PRAGMA wal_checkpoint`; -1 for a log that was never begun. */
type Checkpoint = { busy: number; log: number; checkpointed: number };

/** Pages of 4 KB. 16 MB halves the cost of scattered index writes against SQLite's default of 4 MB. */
const longLog = 4000;
/** For a connection that has others to do it: 64 MB, which is also what is kept of the log's file. */
const muchTooLongLog = 16_000;
/** Milliseconds for which a reader or writer is waited for, and other writers wait. */
const restartMs = 100;

/** Whether the connection's commits bring a long log into the database, or only one that others left to grow. */
export function foldLogOnCommit({ database }: Connection, isLeftToOthers: boolean): void {
  database.exec(`PRAGMA wal_autocheckpoint = ${isLeftToOthers ? muchTooLongLog : longLog}`);
}

/**
 * Brings a long log into the database. Blocks: for a connection that no request waits for. What fails is tried again
 * at the next call; a disk that is lost shows in the writes.
 */
export function foldLongLog({ get, database }: Connection): void {
  try {
    const { log = 0 } = get<Checkpoint>('PRAGMA wal_checkpoint(NOOP)') ?? {};
    if (log < longLog) return;
    // Nearly all of it while others go on writing,
    get('PRAGMA wal_checkpoint(PASSIVE)');
    // and what they wrote meanwhile under the lock: a log that is always written to would never begin anew.
    database.exec(`PRAGMA busy_timeout = ${restartMs}`);
    get('PRAGMA wal_checkpoint(RESTART)');
  } catch (error) {
    if (!(toStoreError(error) instanceof StoreUnavailableError)) throw error;
  } finally {
    database.exec('PRAGMA busy_timeout = 0');
  }
}

/** Leaves nothing in the log, and all on the disk. StoreUnavailableError while another process is in the way. */
export function foldWholeLog({ get }: Connection): void {
  const done = get<Checkpoint>('PRAGMA wal_checkpoint(TRUNCATE)');
  if (done?.busy !== 0) throw new StoreUnavailableError(new Error('the log is in use'));
}
