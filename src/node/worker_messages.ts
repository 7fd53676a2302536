/**
 * The messages between the primary and its workers over the cluster channel (structured clones).
 */
import type { Worker as ClusterWorker } from 'node:cluster';
import type { Config } from '../config/config.ts';
import { withinTime } from '../time_limit.ts';

type WorkerQuestion = 'ready' | 'metrics';

export type ToWorker =
  /** Sent first: a worker does not read or check configuration itself. */
  | { to: 'worker'; say: 'start'; config: Config; isFirst: boolean }
  | { to: 'worker'; say: 'stop' }
  | { to: 'worker'; ask: WorkerQuestion; id: number };

export type ToPrimary =
  | { to: 'primary'; say: 'started'; port: number }
  /** `reason` is for the operator. The cause is in the worker's own log line. */
  | { to: 'primary'; say: 'failed'; reason: string }
  | { to: 'primary'; answer: unknown; id: number };

/** The channel also carries messages of the runtime and of libraries. Returns undefined for those. */
export function asMessage<T extends { to: string }>(to: T['to'], message: unknown): T | undefined {
  return typeof message === 'object' && message !== null && 'to' in message && message.to === to
    ? (message as T)
    : undefined;
}

export type Questions = {
  /** Undefined if the worker did not answer in time, or is gone. */
  ask(worker: ClusterWorker, question: WorkerQuestion): Promise<unknown>;
  answered(message: { id: number; answer: unknown }): void;
};

export function createQuestions({ timeoutMs }: { timeoutMs: number }): Questions {
  const waiting = new Map<number, (answer: unknown) => void>();
  let lastId = 0;
  return {
    async ask(worker, question) {
      lastId += 1;
      const id = lastId;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      waiting.set(id, resolve);
      sendToWorker(worker, { to: 'worker', ask: question, id });
      const answer = await withinTime(promise, timeoutMs, undefined);
      waiting.delete(id);
      return answer;
    },
    answered({ id, answer }) {
      waiting.get(id)?.(answer);
    },
  };
}

/** Does nothing if the worker is dying: its exit follows. */
export function sendToWorker(worker: ClusterWorker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
