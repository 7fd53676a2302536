/**
 * The password process as seen from its parent: started when there is work, started anew when it died,
 * ended when it has had nothing to do for a while. It owns the queue of jobs, not what they mean.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { PasswordAnswer, PasswordRequest } from './password_process.ts';

export type PasswordJob = Omit<PasswordRequest, 'id'>;

/** Milliseconds after which nobody waits any more for the answer to a check. */
const longestCheckMs = 4000;

export type PasswordLog = { error(fields: object, message: string): void };

export type PasswordWorkerOptions = {
  log: PasswordLog;
  /** How many are computed at once. */
  concurrency: number;
  /** Milliseconds without work after which the process ends; it holds some 70 MB. */
  idleMs: number;
};

/** Jobs that are computed, and jobs that wait for that. */
export type PasswordQueue = { running: number; waiting: number };

export type PasswordWorker = {
  queue(): PasswordQueue;
  /** Rejects when the process cannot be run, or after close(). */
  run(job: PasswordJob): Promise<string | boolean>;
  /** Ends the process; jobs that still wait are rejected. */
  close(): void;
};

type Pending = {
  request: PasswordRequest;
  since: number;
  resolve: (value: string | boolean) => void;
  reject: (error: Error) => void;
};

export function createPasswordWorker({
  log,
  concurrency,
  idleMs,
}: PasswordWorkerOptions): PasswordWorker {
  let queue: Pending[] = [];
  const sent = new Map<number, Pending>();
  let child: ChildProcess | undefined;
  let hasAnswered = false;
  let idleTimer: NodeJS.Timeout | undefined;
  let nextId = 0;
  let closed = false;

  function start(): ChildProcess {
    const { NODE_COMPILE_CACHE } = process.env;
    const started = fork(new URL('./password_process.ts', import.meta.url), {
      // Neither the parent's flags nor its environment, in which secrets may be. What it computes is not on
      // the heap.
      execArgv: ['--max-semi-space-size=1', '--max-old-space-size=16'],
      env: {
        UV_THREADPOOL_SIZE: String(concurrency),
        ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    hasAnswered = false;
    started.on('message', (message) => settle(message as PasswordAnswer));
    started.on('error', (error) => lost(started, error));
    started.on('exit', (code, signal) => {
      lost(started, new Error(`the password process ended (${signal ?? `code ${code}`})`));
    });
    return started;
  }

  function dispatch() {
    clearTimeout(idleTimer);
    dropOverdue();
    if (queue.length > 0) child ??= start();
    // One more than it computes, so that it never waits for its parent's event loop.
    while (child?.connected && queue.length > 0 && sent.size <= concurrency) {
      const pending = queue.shift();
      if (!pending) break;
      sent.set(pending.request.id, pending);
      // A failure shows as the end of the process.
      child.send(pending.request, () => {});
    }
    hold(sent.size > 0);
    if (child && sent.size === 0) idleTimer = setTimeout(stop, idleMs).unref();
  }

  /** Only work keeps this process from ending, not the idle child. */
  function hold(busy: boolean) {
    const method = busy ? 'ref' : 'unref';
    child?.[method]();
    child?.channel?.[method]();
  }

  function settle(answer: PasswordAnswer) {
    const pending = sent.get(answer.id);
    sent.delete(answer.id);
    hasAnswered = true;
    if ('failure' in answer) pending?.reject(new Error(answer.failure));
    else pending?.resolve(answer.value);
    dispatch();
  }

  /** Jobs move on to a new process; but one that never did anything would only be followed by its like. */
  function lost(which: ChildProcess, cause: Error) {
    if (which !== child) return;
    child = undefined;
    log.error({ err: cause }, 'password process lost');
    const unanswered = [...sent.values()];
    sent.clear();
    queue.unshift(...unanswered);
    if (!hasAnswered) rejectAll(cause);
    dispatch();
  }

  function rejectAll(cause: Error) {
    const all = [...sent.values(), ...queue];
    sent.clear();
    queue = [];
    for (const { reject } of all) reject(cause);
  }

  /** A check that has waited for so long would be computed for nobody; a hash that is wanted is wanted later, too. */
  function dropOverdue() {
    const oldest = performance.now() - longestCheckMs;
    const isOverdue = ({ request, since }: Pending) =>
      request.encoded !== undefined && since < oldest;
    if (!queue.some(isOverdue)) return;
    for (const { reject } of queue.filter(isOverdue))
      reject(new Error('the check waited too long'));
    queue = queue.filter((pending) => !isOverdue(pending));
  }

  function stop() {
    const leaving = child;
    child = undefined;
    if (leaving?.connected) leaving.disconnect();
  }

  return {
    queue() {
      const running = Math.min(sent.size, concurrency);
      return { running, waiting: sent.size + queue.length - running };
    },
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('closed'));
          return;
        }
        nextId += 1;
        const request = { ...job, id: nextId };
        queue.push({ request, since: performance.now(), resolve, reject });
        dispatch();
      }),
    close() {
      closed = true;
      clearTimeout(idleTimer);
      stop();
      rejectAll(new Error('closed'));
    },
  };
}
