/**
 * The password process as its parent sees it: started when there is work, restarted when it dies, and ended
 * when it has been idle for a while. It owns the queue of jobs, not their meaning.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { PasswordRequest, PasswordResult } from './password_process.ts';

export type PasswordJob = Omit<PasswordRequest, 'id'>;

/** After this time (ms), nobody waits for the result of a check. */
const maxCheckMs = 4000;

export type PasswordLog = { error(fields: object, message: string): void };

export type PasswordWorkerOptions = {
  log: PasswordLog;
  /** How many jobs are computed at once. */
  concurrency: number;
  /** How long the process may be idle before it is ended, in milliseconds; it uses about 70 MB. */
  idleMs: number;
};

/** Jobs being computed, and jobs waiting. */
export type PasswordQueue = { running: number; waiting: number };

export type PasswordWorker = {
  queue(): PasswordQueue;
  /** Rejects if the process cannot be started, and after close(). */
  run(job: PasswordJob): Promise<string | boolean>;
  /** Ends the process and rejects all waiting jobs. */
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
  let hasResponded = false;
  let idleTimer: NodeJS.Timeout | undefined;
  let nextId = 0;
  let closed = false;

  function start(): ChildProcess {
    const { NODE_COMPILE_CACHE } = process.env;
    const started = fork(new URL('./password_process.ts', import.meta.url), {
      // The child gets neither the parent's flags nor its environment, which may contain secrets. Argon2's
      // memory is outside the heap.
      execArgv: ['--max-semi-space-size=1', '--max-old-space-size=64'],
      env: {
        UV_THREADPOOL_SIZE: String(concurrency),
        ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    hasResponded = false;
    started.on('message', (message) => settle(message as PasswordResult));
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
    // One job more than it computes at once, so that it never waits for its parent's event loop.
    while (child?.connected && queue.length > 0 && sent.size <= concurrency) {
      const pending = queue.shift();
      if (!pending) break;
      sent.set(pending.request.id, pending);
      // If sending fails, the process is about to exit, which is handled there.
      child.send(pending.request, () => {});
    }
    hold(sent.size > 0);
    if (child && sent.size === 0) idleTimer = setTimeout(stop, idleMs).unref();
  }

  /** Only pending work keeps this process alive, not the idle child. */
  function hold(busy: boolean) {
    const method = busy ? 'ref' : 'unref';
    child?.[method]();
    child?.channel?.[method]();
  }

  function settle(result: PasswordResult) {
    const pending = sent.get(result.id);
    sent.delete(result.id);
    hasResponded = true;
    if ('failure' in result) pending?.reject(new Error(result.failure));
    else pending?.resolve(result.value);
    dispatch();
  }

  /**
   * Unfinished jobs go to a new process. If the lost process never answered, a new one would most likely fail
   * too, so the jobs are rejected.
   */
  function lost(which: ChildProcess, cause: Error) {
    if (which !== child) return;
    child = undefined;
    log.error({ err: cause }, 'password process lost');
    const unfinished = [...sent.values()];
    sent.clear();
    queue.unshift(...unfinished);
    if (!hasResponded) rejectAll(cause);
    dispatch();
  }

  function rejectAll(cause: Error) {
    const all = [...sent.values(), ...queue];
    sent.clear();
    queue = [];
    for (const { reject } of all) reject(cause);
  }

  /** Nobody waits any longer for an overdue check. Hashing jobs are kept: their result is still wanted. */
  function dropOverdue() {
    const oldest = performance.now() - maxCheckMs;
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
