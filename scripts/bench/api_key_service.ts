/**
 * Verification without HTTP, in this process: keys that are remembered, and keys that have to be looked up,
 * beside few and beside many others in the store.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import { createGuessLimit } from '../../src/api_keys/verification/guess_limit.ts';
import { createKeyCache } from '../../src/api_keys/verification/key_cache.ts';
import { createKeyLimits } from '../../src/api_keys/verification/key_limits.ts';
import {
  createKeyVerification,
  type KeyVerification,
} from '../../src/api_keys/verification/key_verification.ts';
import { createUsageRecorder } from '../../src/api_keys/verification/usage_recorder.ts';
import { createApiRegistry } from '../../src/apis/room.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { insertKeys } from './api_key_store.ts';
import { api, declaration } from './declaration.ts';

type ServiceCost = {
  stored: number;
  /** Verifications a second of keys in use. */
  hot: number;
  /** Microseconds of a key that is not remembered, and of one that does not exist. */
  cold: number;
  unknown: number;
};

const { apis, api_keys: policy } = declarationSchema.parse(declaration);
/** Requests under way at the same time, and keys in use. */
const atOnce = 64;
const inUse = 1000;

export async function measureService(counts: readonly number[], seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-bench-'));
  const file = join(folder, 'keys.db');
  const store = await openStore({ url: `sqlite:${file}` });
  const costs: ServiceCost[] = [];
  let stored = 0;
  try {
    for (const count of counts) {
      const keys = insertKeys(file, { returned: 2 * inUse, count: count - stored });
      stored = count;
      costs.push({ stored, ...(await measureKeys(store, keys, seconds)) });
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
  return costs;
}

async function measureKeys(store: Store, keys: readonly string[], seconds: number) {
  const usage = createUsageRecorder({
    usage: store.usage,
    keys: store.apiKeys,
    clock,
    log: { info() {}, warn() {} },
  });
  const verification = createKeyVerification({
    cache: createKeyCache({
      keys: store.apiKeys,
      projects: store.projects,
      users: store.users,
      markers: store.revocations,
      watch: createMarkerWatch({ markers: store.revocations, clock }),
      clock,
    }),
    limits: createKeyLimits({ counters: store.counters, clock }),
    usage,
    guessing: createGuessLimit({ counters: store.counters, clock, key: Buffer.alloc(32) }),
    apis: createApiRegistry(apis),
    policy,
    clock,
  });
  const hotKeys = keys.slice(0, inUse);
  await rateOf(verification, hotKeys, 500);
  const hot = await rateOf(verification, hotKeys, seconds * 1000);
  const cold = await costOf(verification, keys.slice(inUse));
  const guesses = Array.from({ length: inUse }, () => createKey('bench', 'live'));
  const unknown = await costOf(verification, guesses);
  await usage.close();
  return { hot, cold, unknown };
}

async function rateOf({ verify }: KeyVerification, keys: readonly string[], ms: number) {
  const startedAt = performance.now();
  let done = 0;
  const client = async (first: number) => {
    for (let turn = first; performance.now() - startedAt < ms; turn += atOnce) {
      const key = keys[turn % keys.length] ?? '';
      const verdict = await verify({ key, api: [api.identifier], scopes: ['orders:read'] });
      if (!verdict.valid) throw new Error(verdict.reason);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => client(index)));
  return (done * 1000) / (performance.now() - startedAt);
}

/** Each key once; microseconds for one. */
async function costOf({ verify }: KeyVerification, keys: readonly string[]) {
  const startedAt = performance.now();
  for (const key of keys) await verify({ key, count: false });
  return ((performance.now() - startedAt) * 1000) / keys.length;
}
