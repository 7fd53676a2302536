/**
 * Another process on the same store, for the races. Started by processes.ts with the store's address; each
 * message is a task, each answer a number.
 */
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import {
  patienceMs,
  sampleApiKey,
  sampleArtifact,
  sampleProject,
  sampleRange,
  sampleRevocation,
  sampleUsage,
} from './samples.ts';

/** Each runs `times` times at once and answers how many of them won (or, for `count`, how many there were). */
export type Task = {
  name:
    | 'consume'
    | 'insert'
    | 'count'
    | 'claim'
    | 'revoke'
    | 'allocate'
    | 'createKey'
    | 'createProject'
    | 'use';
  id: string;
  times: number;
  now: number;
};

export type Ready = { ready: true; migrated: boolean };

const attempts: Record<Task['name'], (store: Store, task: Task) => Promise<boolean>> = {
  consume: async (store, { id, now }) => {
    const consumption = await store.artifacts.consume('AuthorizationCode', id, now);
    return consumption?.won === true;
  },
  insert: (store, { id, now }) =>
    store.artifacts.insert(sampleArtifact({ kind: 'ReplayDetection', id }), now),
  count: async (store, { id, now }) => {
    await store.counters.add(id, 1, 60_000, now);
    return true;
  },
  claim: (store, { id }) => store.documents.compareAndSet(id, 0, { pid: process.pid }),
  // Won when what it was answered holds at once.
  revoke: async ({ revocations }, { id, now }) => {
    const key = `${id}:${randomId()}`;
    const sequence = await revocations.put(sampleRevocation({ key, expiresAt: now + 60_000 }));
    const [found] = await revocations.find([key], now);
    return found?.sequence === sequence && (await revocations.sequence()) >= sequence;
  },
  allocate: ({ statusRanges }, { id, now }) =>
    unlessTaken(statusRanges.add(sampleRange({ list: id, expiresAt: now + 60_000 }))),
  createKey: ({ apiKeys }, { id }) => unlessTaken(apiKeys.create(sampleApiKey({ hash: id }))),
  createProject: ({ projects }, { id }) =>
    unlessTaken(projects.create(sampleProject({ name: id }))),
  // All of one key, which is there, and on one day.
  use: async ({ apiKeys, usage }, { id, now }) => {
    await usage.add([sampleUsage({ keyId: id }), sampleUsage({ keyId: `${id}:2`, denied: 2 })]);
    await apiKeys.touch([{ keyId: id, lastUsedAt: now + process.pid }]);
    return true;
  },
};

/** Whether it was created; false when another was faster. */
async function unlessTaken(creation: Promise<void>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if (error instanceof DuplicateError) return false;
    throw error;
  }
}

async function work(url: string, send: (message: Ready | number) => void) {
  let migrated = false;
  const log = {
    info: () => {
      migrated = true;
    },
    warn: () => {},
  };
  const store = await openStore({ url, log, answerMs: patienceMs });
  process.on('message', async (task: Task | 'leave') => {
    if (task === 'leave') {
      await store.close();
      process.disconnect();
      return;
    }
    const attempt = attempts[task.name];
    const outcomes = await Promise.all(
      Array.from({ length: task.times }, () => attempt(store, task)),
    );
    send(outcomes.filter(Boolean).length);
  });
  send({ ready: true, migrated });
}

const url = process.argv[2];
if (import.meta.main && url && process.send) await work(url, process.send.bind(process));
