/**
 * The one writer of a process: it owns transactions. Writes that wait at the same moment share one
 * commit and one sync to the disk, each in its own savepoint, so that one that fails takes no other with
 * it. A write is answered only when it is on the disk.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import { type Connection, pause } from './connection.ts';
import { isBusy, toStoreError } from './errors.ts';
import type { LogSync } from './log_sync.ts';

export type Writer = {
  /** Runs `work` (synchronous) inside a write transaction; resolves with its value once that is durable. */
  write<T>(work: () => T): Promise<T>;
  /** The same without waiting for the disk: survives the end of the process, not of the machine. */
  writeVolatile<T>(work: () => T): Promise<T>;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
};

type Job = {
  /** Runs the work; answers what to tell its caller once it is committed and, if it is durable, on the disk. */
  attempt: () => () => void;
  reject: (error: unknown) => void;
  durable: boolean;
  deadline: number;
};

/** Keeps the time in which the event loop stands still, and other processes wait, to some milliseconds. */
const maxBatch = 64;
/** Writes that wait while another process holds the lock; some seconds of what a disk can take. */
const mostWaiting = 5000;

export type WriterOptions = {
  logSync: LogSync;
  /** How long a write waits for other processes before it fails with StoreUnavailableError. */
  timeoutMs: number;
  /** Called after each commit with the number of its writes. */
  onCommit?: (writes: number) => void;
};

export function createWriter(
  { database }: Connection,
  { logSync, timeoutMs, onCommit = () => {} }: WriterOptions,
): Writer {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const savepoint = database.prepare('SAVEPOINT job');
  const release = database.prepare('RELEASE job');
  const queue: Job[] = [];
  let work: Promise<void> | undefined;
  let synced: Promise<unknown> = Promise.resolve();

  /** Takes the write lock; false while another process has it. */
  function lock(): boolean {
    try {
      begin.run();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
  }

  function rollBack() {
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
  }

  function commitTogether(jobs: Job[]) {
    try {
      const answers = jobs.map((job) => job.attempt());
      commit.run();
      answerAll(jobs, answers);
      onCommit(jobs.length);
    } catch (error) {
      for (const job of jobs) job.reject(toStoreError(error));
      rollBack();
    }
  }

  function answerAll(jobs: Job[], answers: (() => void)[]) {
    const onDisk = jobs.some((job) => job.durable) ? logSync.synced() : Promise.resolve();
    jobs.forEach((job, index) => {
      if (job.durable) synced = onDisk.then(answers[index], job.reject);
      else answers[index]?.();
    });
  }

  async function drain() {
    // Requests that arrived in the same turn of the event loop write together.
    await nextTurn();
    while (queue.length > 0) {
      try {
        if (lock()) {
          commitTogether(queue.splice(0, maxBatch));
          await nextTurn();
        } else {
          await pause();
          rejectOverdue();
        }
      } catch (error) {
        for (const job of queue.splice(0)) job.reject(toStoreError(error));
      }
    }
    work = undefined;
  }

  function rejectOverdue() {
    const now = performance.now();
    const busy = toStoreError(
      Object.assign(new Error('another process holds the write lock'), { errcode: 5 }),
    );
    // The queue is in order of arrival, so the overdue ones stand in front.
    while (queue[0] && queue[0].deadline < now) queue.shift()?.reject(busy);
  }

  function enqueue<T>(task: () => T, durable: boolean): Promise<T> {
    if (queue.length >= mostWaiting) {
      return Promise.reject(new StoreUnavailableError(new Error('too many writes wait')));
    }
    return new Promise<T>((resolve, reject) => {
      const attempt = () => {
        savepoint.run();
        try {
          const value = task();
          release.run();
          return () => resolve(value);
        } catch (error) {
          // Some errors (a full disk) end the whole transaction: then nobody has written.
          if (!database.isTransaction) throw error;
          database.exec('ROLLBACK TO job');
          release.run();
          return () => reject(toStoreError(error));
        }
      };
      queue.push({ attempt, reject, durable, deadline: performance.now() + timeoutMs });
      work ??= drain();
    });
  }

  return {
    write: (task) => enqueue(task, true),
    writeVolatile: (task) => enqueue(task, false),
    async drained() {
      await work;
      await synced;
    },
  };
}
