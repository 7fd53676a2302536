/**
 * Several worker processes on one store (worker.ts).
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Ready, Task } from './worker.ts';

export type Processes = {
  /** How many of them found the store without a schema and made it. */
  migrations: number;
  /** Of the operating system. */
  ids: number[];
  /** All run the task at the same time; answers the sum of their answers. */
  run(task: Task): Promise<number>;
};

/** Starts `count` of them at once; they leave after the test. */
export async function startProcesses(
  t: TestContext,
  url: string,
  count: number,
): Promise<Processes> {
  const workers = Array.from({ length: count }, () => start(url));
  t.after(() => Promise.all(workers.map((worker) => worker.leave())));
  const ready = await Promise.all(workers.map((worker) => worker.next<Ready>()));
  return {
    ids: workers.map(({ id }) => id),
    migrations: ready.filter(({ migrated }) => migrated).length,
    async run(task) {
      const answers = workers.map((worker) => {
        const answer = worker.next<number>();
        worker.send(task);
        return answer;
      });
      return (await Promise.all(answers)).reduce((sum, number) => sum + number, 0);
    },
  };
}

function start(url: string) {
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [url]);
  const exit = once(child, 'exit');
  let waiting: ((message: unknown) => void) | undefined;
  child.on('message', (message) => waiting?.(message));
  const ended = exit.then(([code]) => assert.fail(`a process ended (${code})`));
  ended.catch(() => {});
  return {
    id: child.pid ?? assert.fail('no process'),
    send: (task: Task) => child.send(task),
    next<Message>(): Promise<Message> {
      const message = new Promise<unknown>((resolve) => {
        waiting = resolve;
      });
      return Promise.race([message, ended]) as Promise<Message>;
    },
    async leave() {
      if (child.connected) child.send('leave');
      await exit;
    },
  };
}
