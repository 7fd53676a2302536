/**
 * What errors of the driver and the server mean to the store.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  MongoBulkWriteError,
  MongoError,
  MongoInvalidArgumentError,
  MongoServerError,
} from 'mongodb';
import { StoreUnavailableError } from '../errors.ts';

/** How often an operation is tried again that met a twin of itself. */
const duplicateRetries = 10;

/**
 * How often a write that met a deadlock is tried again, and up to how long it rests before the first time (ms). The
 * bound doubles each time, until so few attempts meet that one of them gets through.
 */
const deadlockRetries = 8;
const deadlockRestMs = 100;

/**
 * Runs an upsert. Two that insert the same `_id` at once collide; the one that lost finds the record on
 * its next attempt.
 */
export async function upsert<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (violatedIndex(error) === undefined || attempt === duplicateRetries) throw error;
    }
  }
}

/**
 * Runs a write that may violate a unique index besides that of `_id`. In DocumentDB some that give the same
 * value at once can lock each other out. The one that is refused for it tries again after a while (of
 * random length, else they meet again) and then finds the value taken.
 */
export async function retryDeadlocks<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (!isDeadlock(error) || attempt > deadlockRetries) throw error;
      await sleep(Math.random() * deadlockRestMs * 2 ** (attempt - 1));
    }
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof MongoServerError && /deadlock/i.test(error.message);
}

/** The name of the unique index that a write violated, or undefined. */
export function violatedIndex(error: unknown): string | undefined {
  if (!(error instanceof MongoServerError) || error.code !== 11_000) return undefined;
  return /index:? '?(\w+)/i.exec(error.message)?.[1] ?? 'unknown';
}

/** All that failed in these insertions is that some records were there already; the others are durable. */
export function onlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false;
  // The driver also wraps a lost connection in this error, then without any.
  const failures = [error.writeErrors].flat();
  return (
    failures.length > 0 &&
    failures.every((failure) => failure.code === 11_000) &&
    error.result.getWriteConcernError() === undefined
  );
}

/**
 * Whatever the driver, the server or the connection reports leaves the operation undone or in doubt: the
 * store did not answer. Except a duplicate, which its caller expects, and an argument that the driver
 * refused: a mistake of ours.
 */
export function toStoreError(error: unknown): unknown {
  const ours = error instanceof MongoInvalidArgumentError || violatedIndex(error) !== undefined;
  const theirs = error instanceof MongoError || isConnectionError(error);
  return theirs && !ours ? new StoreUnavailableError(error) : error;
}

/** A socket that ends just as a command is written to it fails with the system's error, not the driver's. */
function isConnectionError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' && /^(E[A-Z]+|ERR_STREAM_\w+|ERR_SOCKET_\w+)$/.test(code);
}
