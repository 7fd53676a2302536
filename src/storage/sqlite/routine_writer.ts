/**
 * Writes what no response waits for in a thread of its own (routine_thread.ts), which it starts with the first such
 * write and again after it died. It owns that each batch is answered, whatever becomes of the thread. What could not
 * be written is the caller's to keep and to repeat.
 */
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../errors.ts';
import { foldLogOnCommit } from './checkpoints.ts';
import type { Connection, Row } from './connection.ts';
import type { RoutineStatement } from './routine_statements.ts';
import type { FromRoutineThread, RoutineThreadOptions, ToRoutineThread } from './routine_thread.ts';

export type RoutineWriter = {
  /**
   * Runs the statement for each row, in one transaction; resolves with how many rows it changed, once they are
   * on the disk, or unless `durable` once they survive the end of the process. Rejects with StoreUnavailableError
   * when the store or the thread is lost: then the batch was written or not.
   */
  write(statement: RoutineStatement, rows: readonly Row[], durable?: boolean): Promise<number>;
  /** Is told of each commit of the process's own connection, and how many writes it was. */
  committed(writes: number): void;
  /** Resolves when all was answered and the thread has ended. */
  close(): Promise<void>;
};

type Waiting = { resolve: (changed: number) => void; reject: (error: unknown) => void };

/** Batches that wait for the thread; its callers have one or two each. */
const mostWaiting = 100;
/** Writes of the process itself, of a few pages each, after which the thread looks how long the log is. */
const lookEvery = 250;
/** Megabytes. A batch has some hundred kilobytes. */
const resourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

/** `deadlineMs`: how long the thread may take for a batch before it counts as lost; longer than `timeoutMs`. */
export function createRoutineWriter({
  connection,
  deadlineMs,
  ...options
}: Omit<RoutineThreadOptions, 'inode'> & {
  connection: Connection;
  deadlineMs: number;
}): RoutineWriter {
  const { ino: inode } = statSync(options.path);
  const waiting = new Map<number, Waiting>();
  let thread: Worker | undefined;
  /** One that was given up, until it has ended: a disk that hangs holds it for as long as it likes. */
  let leaving: Worker | undefined;
  let lastId = 0;
  let unseen = 0;
  let closed = false;
  let onLost = () => {};

  function start(): Worker {
    const started = new Worker(new URL('./routine_thread.ts', import.meta.url), {
      workerData: { ...options, inode } satisfies RoutineThreadOptions,
      resourceLimits,
    });
    started.on('message', settle);
    started.on('error', (error) => lost(started, error));
    started.on('exit', () => {
      if (leaving === started) leaving = undefined;
      lost(started, new Error('the routine thread ended'));
    });
    foldLogOnCommit(connection, true);
    return started;
  }

  function settle(message: FromRoutineThread) {
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (waiting.size === 0) thread?.unref();
    if ('changed' in message) resolve?.(message.changed);
    else {
      const error = new Error(message.failure);
      reject?.(message.isOutage ? new StoreUnavailableError(error) : error);
    }
  }

  /** Nobody is left to write what waits. The next write starts another thread. */
  function lost(which: Worker, cause: unknown) {
    if (which !== thread) return;
    thread = undefined;
    if (connection.database.isOpen) foldLogOnCommit(connection, false);
    for (const { reject } of waiting.values()) reject(new StoreUnavailableError(cause));
    waiting.clear();
    onLost();
  }

  function giveUp(which: Worker) {
    if (which !== thread) return;
    leaving = which;
    lost(which, new Error('the routine thread does not respond'));
    void which.terminate();
  }

  function refusal(): string | undefined {
    if (closed) return 'the store is closed';
    if (leaving) return 'the routine thread does not respond';
    return waiting.size >= mostWaiting ? 'too many routine writes wait' : undefined;
  }

  const send = (to: Worker, message: ToRoutineThread) => to.postMessage(message);

  return {
    async write(statement, rows, durable = true) {
      const refused = refusal();
      if (refused) throw new StoreUnavailableError(new Error(refused));
      thread ??= start();
      const writing = thread;
      lastId += 1;
      const id = lastId;
      const deadline = setTimeout(giveUp, deadlineMs, writing).unref();
      try {
        return await new Promise<number>((resolve, reject) => {
          send(writing, { id, statement, rows, durable });
          waiting.set(id, { resolve, reject });
          // The process does not end while a batch waits.
          writing.ref();
        });
      } finally {
        clearTimeout(deadline);
      }
    },
    committed(writes) {
      unseen += writes;
      if (!thread || unseen < lookEvery) return;
      unseen = 0;
      send(thread, 'log_grew');
    },
    async close() {
      closed = true;
      if (!thread) return;
      const ending = thread;
      const deadline = setTimeout(giveUp, deadlineMs, ending);
      const ended = new Promise<void>((resolve) => {
        onLost = resolve;
      });
      ending.ref();
      send(ending, 'close');
      await ended;
      clearTimeout(deadline);
    },
  };
}
