/**
 * What errors of SQLite mean to the store.
 */
import { StoreUnavailableError } from '../errors.ts';

/** Another process holds the lock: worth another attempt. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5;
}

/** The file is something else. */
export function isNotADatabase(error: unknown): boolean {
  return resultCode(error) === 26;
}

/** The `table.column` of a violated unique constraint, or undefined. */
export function violatedColumn(error: unknown): string | undefined {
  if (resultCode(error) !== 19 || !(error instanceof Error)) return undefined;
  return /UNIQUE constraint failed: ([\w.]+)/.exec(error.message)?.[1];
}

/**
 * SQLite's primary result codes that tell of the file, the disk or the lock, not of our statement:
 * PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB.
 */
const outages = new Set([3, 5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/** StoreUnavailableError for a lost disk, lock or closed database; any other error as it is. */
export function toStoreError(error: unknown): unknown {
  const code = resultCode(error);
  const closed = error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
  return closed || (code !== undefined && outages.has(code))
    ? new StoreUnavailableError(error)
    : error;
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  // The lower byte of an extended result code is the primary one.
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
