/** Processes that verify keys over one store, and keys to verify. */
import { randomBytes } from 'node:crypto';
import { createKeyChanges } from '../../src/api_keys/lifecycle/key_changes.ts';
import { createKey, displayOf } from '../../src/api_keys/model/key_format.ts';
import { createGuessLimit } from '../../src/api_keys/verification/guess_limit.ts';
import { createKeyCache } from '../../src/api_keys/verification/key_cache.ts';
import { createKeyLimits } from '../../src/api_keys/verification/key_limits.ts';
import {
  createKeyVerification,
  type VerdictObserver,
} from '../../src/api_keys/verification/key_verification.ts';
import { createUsageRecorder } from '../../src/api_keys/verification/usage_recorder.ts';
import { createApiRegistry } from '../../src/apis/room.ts';
import { createChangeMarkers } from '../../src/caching/change_markers.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import type { Clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import type { ApiKeyRecord } from '../../src/storage/api_keys.ts';
import type { ProjectRecord } from '../../src/storage/projects.ts';
import type { Store } from '../../src/storage/store.ts';

export const orders = 'https://orders.example';
export const stock = 'https://stock.example';

export const declaration = declarationSchema.parse({
  apis: [
    {
      identifier: orders,
      name: 'Orders',
      scopes: { 'orders:read': 'See', 'orders:write': 'Change' },
      client_id: 'orders-api',
      user_key_scopes: ['orders:read'],
    },
    { identifier: stock, name: 'Stock', scopes: {}, client_id: 'stock-api' },
  ],
  clients: [
    { client_id: 'orders-api', client_secret: 'a secret of the API orders, long enough' },
    { client_id: 'stock-api', client_secret: 'a secret of the API stock, long enough' },
  ].map((client) => ({ ...client, grant_types: [], redirect_uris: [], response_types: [] })),
  api_keys: {
    prefix: 'acme',
    tiers: {
      free: { requests_per_minute: 1000, requests_per_month: 100_000 },
      tiny: { requests_per_minute: 3 },
    },
  },
});

const guessingKey = randomBytes(32);

/** What one process has. */
export function createVerifier(
  store: Store,
  { clock, observe, keys = {} }: { clock: Clock; observe?: VerdictObserver; keys?: object },
) {
  const apiKeys = { ...store.apiKeys, ...keys };
  const cache = createKeyCache({
    keys: apiKeys,
    projects: store.projects,
    users: store.users,
    markers: store.revocations,
    watch: createMarkerWatch({ markers: store.revocations, clock }),
    clock,
  });
  const usage = createUsageRecorder({
    usage: store.usage,
    keys: apiKeys,
    clock,
    log: { info() {}, warn() {} },
  });
  const verification = createKeyVerification({
    cache,
    limits: createKeyLimits({ counters: store.counters, clock }),
    usage,
    guessing: createGuessLimit({ counters: store.counters, clock, key: guessingKey }),
    apis: createApiRegistry(declaration.apis),
    policy: declaration.api_keys,
    clock,
    ...(observe && { observe }),
  });
  return { ...verification, usage, cache };
}

/** Makes keys and changes them as the service does: first the record, then the marker. */
export function createKeeper(store: Store, clock: Clock) {
  const changes = createKeyChanges({
    announce: createChangeMarkers({ markers: store.revocations, clock }),
  });
  return {
    async project(members: Partial<ProjectRecord> = {}): Promise<ProjectRecord> {
      const now = clock.now();
      const project = {
        ...{ id: randomId(), name: randomId(), api: orders, memberIds: [] },
        ...{ createdAt: now, updatedAt: now, version: 1 },
        ...members,
      };
      await store.projects.create(project);
      return project;
    },
    async key(members: Partial<ApiKeyRecord>): Promise<{ key: string; record: ApiKeyRecord }> {
      const { environment = 'live' } = members;
      const key = createKey('acme', environment);
      const id = `key_${randomId()}`;
      const now = clock.now();
      const record: ApiKeyRecord = {
        ...{ id, hash: sha256(key), display: displayOf(key), lineage: id, name: 'ci', api: orders },
        ...{ scopes: ['orders:read'], environment, allowIps: [], metadata: {} },
        ...{ createdBy: 'operator', createdAt: now, updatedAt: now, version: 1 },
        ...members,
      };
      await store.apiKeys.create(record);
      return { key, record };
    },
    async change(id: string, members: Partial<ApiKeyRecord>): Promise<void> {
      const record = await store.apiKeys.find(id);
      if (!record) throw new Error('no such key');
      await store.apiKeys.update({ ...record, ...members, version: record.version + 1 });
      await changes.changed([id]);
    },
    async changeProject(id: string, members: Partial<ProjectRecord>): Promise<void> {
      const project = await store.projects.find(id);
      if (!project) throw new Error('no such project');
      await store.projects.update({ ...project, ...members, version: project.version + 1 });
      await changes.projectChanged(id);
    },
  };
}
