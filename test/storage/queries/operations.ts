/**
 * Every operation of a store, in each of the forms that it may be asked for, so that whoever watches the engine sees
 * every query that there is. A method that is new in a store's interface is missing here until it is added.
 */
import { randomId } from '../../../src/digests.ts';
import type { ApiKeyListOptions } from '../../../src/storage/api_keys.ts';
import type { LiveSelector } from '../../../src/storage/artifacts.ts';
import type { AuditFilter } from '../../../src/storage/audit_events.ts';
import type { ClientListOptions } from '../../../src/storage/clients.ts';
import { searchKinds } from '../../../src/storage/listing.ts';
import type { ProjectListOptions } from '../../../src/storage/projects.ts';
import type { StatusLeaseSelector } from '../../../src/storage/status_leases.ts';
import type { StatusRangeSelector } from '../../../src/storage/status_ranges.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { UserListOptions } from '../../../src/storage/users.ts';
import {
  minute,
  now,
  sampleApi,
  sampleApiKey,
  sampleArtifact,
  sampleAuthenticators,
  sampleChain,
  sampleClient,
  sampleEvent,
  sampleGroup,
  sampleLease,
  sampleProject,
  sampleRange,
  sampleRefusal,
  sampleRevocation,
  sampleUsage,
  sampleUser,
} from '../contract/samples.ts';

type Concern = Exclude<keyof Store, 'engine' | 'ping' | 'purge' | 'close'>;
type Operations = {
  [Name in Concern]: { [Method in keyof Store[Name]]: () => Promise<unknown> };
} & { ping(): Promise<unknown>; purge(): Promise<unknown> };

export async function runEveryOperation(store: Store): Promise<void> {
  const { ping, purge, ...concerns } = operationsOf(store);
  for (const methods of Object.values(concerns)) {
    for (const run of Object.values(methods)) await run();
  }
  await ping();
  await purge();
}

function operationsOf(store: Store): Operations {
  const { apiKeys, apis, artifacts, audit, auditChains, authenticators } = store;
  const { clients, counters, documents } = store;
  const { groups, projects, refusals, revocations, search, statistics, statusLeases } = store;
  const { statusRanges, usage, users, deliveries } = store;
  const links = {
    ...{ projectId: 'p', userId: 'u', lineage: 'l', api: 'a' },
    ...{ displayStart: 'cardea_l', displayEnd: 'last' },
  };
  const one = <T extends object>(given: T) =>
    Object.entries(given).map(([name, value]) => ({ [name]: value }) as Partial<T>);
  const each = async <T>(all: readonly T[], run: (given: T) => Promise<unknown>) => {
    for (const given of all) await run(given);
  };

  const target = { kind: 'client', id: 'c' } as const;
  const auditFilters: AuditFilter[] = [
    {},
    ...one({ type: 't', userId: 'u', clientId: 'c', actor: 'a', target, requestId: 'r' }),
    { type: 't', userId: 'u' },
    { type: 't', userId: 'u', clientId: 'c', actor: 'a', target, requestId: 'r' },
  ];

  return {
    apiKeys: {
      find: () => apiKeys.find('k'),
      findByHash: () => apiKeys.findByHash('h'),
      list: () =>
        each<Partial<ApiKeyListOptions>>(
          [{}, ...one(links), { text: 'k' }, { text: 'k l' }],
          (given) => apiKeys.list({ ...given, limit: 9 }),
        ),
      expiring: () => apiKeys.expiring({ from: now, until: now + minute, limit: 9 }),
      create: () => apiKeys.create(sampleApiKey()),
      update: () => apiKeys.update(sampleApiKey({ version: 2 })),
      remove: () => apiKeys.remove('k'),
      touch: () => apiKeys.touch([{ keyId: 'k', lastUsedAt: now }]),
      lastUses: () => apiKeys.lastUses(['k', 'l']),
    },
    apis: {
      find: () => apis.find('a'),
      list: () => apis.list({ after: 'a', limit: 9 }),
      create: () => apis.create(sampleApi()),
      update: () => apis.update(sampleApi({ version: 2 })),
      remove: () => apis.remove('a'),
    },
    authenticators: {
      find: () => authenticators.find('u'),
      findByKey: () => authenticators.findByKey('k'),
      create: () => authenticators.create(sampleAuthenticators()),
      update: () => authenticators.update(sampleAuthenticators({ version: 2 })),
      remove: () => authenticators.remove('u'),
    },
    artifacts: {
      put: () => artifacts.put(sampleArtifact()),
      rewrite: () => artifacts.rewrite(sampleArtifact(), now),
      insert: () => artifacts.insert(sampleArtifact(), now),
      find: () => artifacts.find('Grant', 'g', now),
      findSession: () => artifacts.findSession('s', now),
      findDeviceCode: () => artifacts.findDeviceCode('u', now),
      findGrant: () => artifacts.findGrant('a', 'c', now),
      consume: () => artifacts.consume('RefreshToken', 'r', now),
      release: () => artifacts.release('RefreshToken', 'r', now),
      keepSpent: () => artifacts.keepSpent('RefreshToken', 'r'),
      remove: () => artifacts.remove('Grant', 'g'),
      list: () =>
        each(liveSelectors, async (selector) => {
          await artifacts.put(sampleArtifact({ accountId: 'x', clientId: 'x', ...selector }));
          await artifacts.put(sampleArtifact({ accountId: 'x', clientId: 'x', ...selector }));
          const { next } = await artifacts.list(selector, { limit: 1, now });
          await artifacts.list(selector, { after: next, limit: 1, now });
        }),
      count: () => each(liveSelectors, (selector) => artifacts.count(selector, { most: 9, now })),
      removeAll: () =>
        each(
          [
            { grantId: 'x' },
            { grantId: 'x', sessionUid: 'x' },
            { familyId: 'x' },
            { accountId: 'x' },
            { clientId: 'x' },
          ],
          async (selector) => {
            const given = { grantId: 'x', sessionUid: 'x', familyId: 'x', accountId: 'x' };
            await artifacts.put(sampleArtifact({ ...given, clientId: 'x' }));
            await artifacts.removeAll(selector, { existing: true });
            await artifacts.removeAll(selector);
          },
        ),
    },
    audit: {
      append: () => audit.append([sampleEvent()]),
      async fold() {
        const folded = { ...sampleEvent({ id: 'folded' }), count: 1, lastAt: now };
        await audit.fold([folded]);
        await audit.fold([folded]);
      },
      list: () =>
        each(auditFilters, async (given) => {
          await audit.list({ ...given, limit: 9 });
          await audit.list({ ...given, limit: 9, before: now });
          await audit.list({ ...given, limit: 9, before: now, beforeId: 'e' });
        }),
      search: () =>
        each(auditFilters, async (given) => {
          await audit.search({ ...given, limit: 9 });
          await audit.search({ ...given, limit: 9, from: 1 });
          await audit.search({ ...given, limit: 9, from: 1, before: now, beforeId: 'e' });
        }),
      async walk() {
        await audit.walk({ limit: 9 });
        await audit.walk({ after: { at: now, id: 'e' }, limit: 9 });
      },
      unsettled: () => audit.unsettled({ before: now, limit: 9 }),
      settle: () =>
        each(['client', 'session'] as const, (kind) =>
          audit.settle(sampleEvent({ target: { kind, id: 'c' } })),
        ),
    },
    auditChains: {
      add: () => auditChains.add(sampleChain()),
      advance: () => auditChains.advance(sampleChain()),
      list: () => auditChains.list({ limit: 9 }),
      newest: () => auditChains.newest(),
      removeBefore: () => auditChains.removeBefore(9, 9),
    },
    clients: {
      find: () => clients.find('c'),
      list: () =>
        each<Partial<ClientListOptions>>(
          [
            {},
            { source: 'dynamic' },
            { enabled: false },
            ...one({ enabled: true, text: 'c', api: 'a' }),
          ],
          (given) => clients.list({ ...given, limit: 9 }),
        ),
      create: () => clients.create(sampleClient(), sampleEvent()),
      update: () => clients.update(sampleClient({ version: 2 }), sampleEvent()),
      remove: () => clients.remove('c'),
      touch: () => clients.touch([{ clientId: 'c', secretHash: 's', lastUsedAt: now }]),
      lastUses: () => clients.lastUses(['c', 'd']),
    },
    counters: {
      add: () => each([0, 1], (amount) => counters.add(randomId(), amount, minute, now)),
      read: () => counters.read(['c', 'd'], now),
      addAll: () =>
        each([-1, 0, 1], (amount) =>
          counters.addAll([{ key: randomId(), amount, windowMs: minute, limit: 9 }], now),
        ),
      reset: () => counters.reset('c'),
    },
    documents: {
      get: () => documents.get('d'),
      compareAndSet: () =>
        each([0, 1], (expected) => documents.compareAndSet('document', expected, {})),
    },
    groups: {
      find: () => groups.find('g'),
      list: () => groups.list({ after: 'g', limit: 9 }),
      create: () => groups.create(sampleGroup()),
      update: () => groups.update(sampleGroup({ version: 2 })),
      remove: () => groups.remove('g'),
    },
    projects: {
      find: () => projects.find('p'),
      findByName: () => projects.findByName('p'),
      list: () =>
        each<Partial<ProjectListOptions>>(
          [{}, { api: 'a' }, { ownerId: 'u' }, { text: 'p' }, { api: 'a', text: 'p q' }],
          (given) => projects.list({ ...given, limit: 9 }),
        ),
      create: () => projects.create(sampleProject()),
      update: () => projects.update(sampleProject({ version: 2 })),
      remove: () => projects.remove('p'),
    },
    refusals: {
      insert: () => refusals.insert(sampleRefusal()),
      find: () => refusals.find('r', now),
      list: () =>
        each(subsets({ clientId: 'c', reason: 'r' }), async (given) => {
          await refusals.list({ ...given, limit: 9, now });
          await refusals.list({ ...given, after: `${now} r`, limit: 9, now });
        }),
    },
    revocations: {
      put: () => revocations.put(sampleRevocation({ work: 'w' })),
      find: () => revocations.find(['r', 's'], now),
      sequence: () => revocations.sequence(),
      changes: () => revocations.changes({ after: 0, limit: 9, now }),
      unfinished: () => revocations.unfinished(9),
      finish: () => revocations.finish('r', 1),
    },
    search: {
      find: () => search.find({ text: 'a b', kinds: searchKinds, limit: 9 }),
      fill: () => each(searchKinds, (kind) => search.fill({ kind, after: '', limit: 9 })),
    },
    statistics: {
      add: () => statistics.add([statistic]),
      read: () => statistics.read({ metric: 'm', step: 'day', from: 0, until: now, limit: 9 }),
    },
    statusLeases: {
      add: () => statusLeases.add(sampleLease()),
      end: () => statusLeases.end({ list: 'l', first: 3, issuedUntil: 1 }),
      select: () =>
        each<StatusLeaseSelector>([{ api: 'x' }, { clientId: 'x' }, {}], async (selector) => {
          const options = { limit: 9, now };
          await statusLeases.select(selector, options);
          await statusLeases.select(selector, { ...options, after: { list: 'l', first: 3 } });
        }),
    },
    statusRanges: {
      add: () => statusRanges.add(sampleRange({ derivedFrom: ['d'] })),
      find: () => statusRanges.find('l', 3, now),
      count: () => statusRanges.count({ list: 'l', first: 3, count: 9 }, now),
      select: () =>
        each<StatusRangeSelector>(
          [
            { grantId: 'x' },
            { familyId: 'x' },
            { session: 'x' },
            { userId: 'x' },
            { clientId: 'x' },
            { derivedFrom: 'x' },
            {},
          ],
          async (selector) => {
            const options = { limit: 9, now };
            await statusRanges.select(selector, options);
            await statusRanges.select(selector, { ...options, after: { list: 'l', first: 3 } });
          },
        ),
    },
    usage: {
      add: () => usage.add([sampleUsage()]),
      query: () =>
        each(subsets({ keyId: 'k', projectId: 'p', api: 'a' }), async (given) => {
          const range = { from: '2031-05-01', to: '2031-05-31', limit: 9 };
          await usage.query({ ...given, ...range });
          await usage.query({ ...given, ...range, after: { day: '2031-05-04', keyId: 'k' } });
        }),
    },
    users: {
      find: () => users.find('u'),
      findByUsername: () => users.findByUsername('u'),
      findByEmail: () => users.findByEmail('u@example.com'),
      findByName: () => users.findByName('u'),
      list: () =>
        each<Partial<UserListOptions>>(
          [
            ...[{}, { group: 'g' }, { enabled: true }, { enabled: false }, { text: 'u' }],
            { isLeaving: true },
          ],
          (given) => users.list({ ...given, limit: 9 }),
        ),
      countInGroup: () => users.countInGroup('g', 9),
      async groupNames() {
        await users.create(sampleUser({ groups: ['g', 'h'] }));
        await users.groupNames({ limit: 9 });
        await users.groupNames({ after: 'g', limit: 9 });
      },
      create: () => users.create(sampleUser()),
      update: () => users.update(sampleUser({ version: 2 })),
      remove: () => users.remove('u'),
    },
    deliveries: {
      add: () => deliveries.add([delivery]),
      claim: () => deliveries.claim({ endpoint: 'e', now, until: now + minute, limit: 9 }),
      putOff: () => deliveries.putOff('w', 1, { dueAt: now, failure: 'f', note: 'note' }),
      find: () => deliveries.find('w', now),
      async waiting() {
        const after = { createdAt: now, id: 'w' };
        await deliveries.waiting({ endpoint: 'e', now, limit: 9 });
        await deliveries.waiting({ endpoint: 'e', now, after, limit: 9 });
      },
      countWaiting: () => deliveries.countWaiting({ endpoint: 'e', now, most: 9 }),
      async told() {
        await deliveries.told({ endpoint: 'e', now, limit: 9 });
        await deliveries.told({ endpoint: 'e', now, after: `${now} w`, limit: 9 });
      },
      finish: () => deliveries.finish('w', 'note'),
    },
    ping: () => store.ping(),
    async purge() {
      // Something of each that goes, for the second half of a removal.
      const expiresAt = now - minute;
      await artifacts.put(sampleArtifact({ expiresAt }));
      await store.purge({ now, limit: 9, auditBefore: now + 1 });
    },
  };
}

const liveSelectors: LiveSelector[] = [
  { kind: 'Session', accountId: 'x' },
  { kind: 'TrustedBrowser', accountId: 'x' },
  { kind: 'Grant', accountId: 'x' },
  { kind: 'Grant', clientId: 'x' },
  { kind: 'RefreshToken', clientId: 'x' },
  { kind: 'OneTimeLink', accountId: 'x' },
];

const statistic = { metric: 'm', label: 'l', bucket: 0, count: 1, sum: 0, max: 0 };

const delivery = {
  ...{ id: 'w', endpoint: 'e', message: 'm', payload: '{}', note: 'n', attempts: 0 },
  ...{ createdAt: now, dueAt: now, expiresAt: now + minute },
};

/** All combinations of the members, from none to all. */
function subsets<T extends object>(given: T): Partial<T>[] {
  let all: Partial<T>[] = [{}];
  for (const [name, value] of Object.entries(given)) {
    all = all.flatMap((one) => [one, { ...one, [name]: value }]);
  }
  return all;
}
