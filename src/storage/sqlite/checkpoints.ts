/**
 * Brings SQLite's log into the database file, so that the log does not grow.
 */
import { StoreUnavailableError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** What SQLite answers to `PRAGMA wal_checkpoint`. */
type Checkpoint = { busy: number; log: number; checkpointed: number };

/** Leaves nothing in the log, and all on the disk. StoreUnavailableError while another process is in the way. */
export function foldLog({ get }: Pick<Connection, 'get'>): void {
  const done = get<Checkpoint>('PRAGMA wal_checkpoint(TRUNCATE)');
  if (done?.busy !== 0) throw new StoreUnavailableError(new Error('the log is in use'));
}
