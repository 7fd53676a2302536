/**
 * Fills a store as a large installation has it: what the server would have written there, each record by the store's own
 * code. One user, one client and one project are busy, so that a page of each has its most to show.
 */
import { createKey, displayOf } from '../../../src/api_keys/model/key_format.ts';
import { refusalReasons } from '../../../src/definitions/refusal_reasons.ts';
import { dayMs, hourMs } from '../../../src/definitions/units.ts';
import { sha256 } from '../../../src/digests.ts';
import { statisticsMetrics } from '../../../src/statistics/room.ts';
import type { StatisticsRow } from '../../../src/storage/statistics.ts';
import { api, clients as declared, user } from '../declaration.ts';
import { type BulkStore, openBulk } from '../scale/bulk.ts';
import { type EventSizes, seedEvents } from './events.ts';
import { clientName, idOf, keyName, personName, projectName, spread } from './names.ts';

export type Sizes = EventSizes & { keys: number; refusals: number };

const keysOfProject = 100;
/** What the busy user has of each: sessions, grants, API keys. */
const ofBusyUser = 300;
const tokensOfBusyUser = 6000;
/** As far back as the home page goes, and as far as it or anybody may ask for hours. */
const statisticsDays = 98;
const hourlyDays = 8;
/** Keys with usage on each of 30 days. */
const usedKeys = 200;

/** How far it is: `done` of `what`. */
export type Report = (what: string, done: number) => void;

type Each = (
  what: string,
  count: number,
  write: (index: number) => Promise<unknown>,
) => Promise<void>;

/** `url`, `secret`: CARDEA_STORE and CARDEA_SECRET of a server that has been there, and somebody signed in. */
export async function seed(
  { url, secret }: { url: string; secret: string },
  sizes: Sizes,
  report: Report,
): Promise<void> {
  const store = await openBulk(url);
  const each: Each = async (what, count, write) => {
    for (let index = 0; index < count; index += 1) {
      await write(index);
      if (index % 100_000 === 99_999) report(what, index + 1);
    }
    report(what, count);
  };
  const busy = await seedPeople(store, sizes.users, each);
  await seedClients(store, sizes.clients, each);
  await seedKeys(store, { ...sizes, busyUser: busy.userId }, each);
  await seedSessions(store, busy.userId, each);
  await seedRefusals(store, sizes, each);
  await seedStatistics(store, report);
  await seedEvents(store, sizes, { secret, busy, report: (done) => report('events', done) });
  report('indexes', 0);
  await store.finish();
}

/** Answers who is busy. */
async function seedPeople(store: BulkStore, count: number, each: Each) {
  const alice = await store.users.findByUsername(user.username);
  if (!alice) throw new Error('no user to copy');
  const { declaredHash: _declared, ...person } = alice;
  await each('users', count, (index) => {
    const { id, username, email, ...names } = personName(index);
    const groups = [
      ...(index % 3 === 0 ? ['staff'] : []),
      ...(index % 2 === 0 ? [`team-${spread(index, 21, 50)}`] : []),
    ];
    const claims = { ...names, name: `${names.given_name} ${names.family_name}` };
    const isDisabled = index % 100 === 7;
    return store.users.create({
      ...person,
      ...{ id, username, email, claims, groups, roles: [] },
      ...(isDisabled && { disabledAt: person.createdAt }),
    });
  });
  return { userId: alice.id, clientId: 'shop' };
}

async function seedClients(store: BulkStore, count: number, each: Each): Promise<void> {
  const job = await store.clients.find(declared[0]?.client_id ?? '');
  if (!job) throw new Error('no client to copy');
  const sources = ['operator', 'operator', 'operator', 'dynamic', 'open'] as const;
  await each('clients', count, (index) => {
    const { clientId, name } = clientName(index);
    const metadata = { ...job.metadata, client_id: clientId, client_name: name };
    const source = sources[index % sources.length] ?? 'operator';
    const isDisabled = index % 100 === 7;
    return store.clients.create({
      ...{ ...job, clientId, metadata, source },
      ...(isDisabled && { disabledAt: job.createdAt }),
    });
  });
}

async function seedKeys(
  store: BulkStore,
  { keys, users, busyUser }: { keys: number; users: number; busyUser: string },
  each: Each,
): Promise<void> {
  const now = Date.now();
  const times = { createdAt: now, updatedAt: now, version: 1 };
  const ofProjects = { api: api.identifier, ...times };
  await each('projects', Math.ceil(keys / keysOfProject), async (index) => {
    const memberIds = [0, 1, 2].map((salt) => personName(spread(index, 30 + salt, users)).id);
    await store.projects.create({
      ...projectName(index),
      ...ofProjects,
      memberIds,
      ownerId: busyUser,
    });
  });
  await each('API keys', keys, async (index) => {
    const key = createKey('bench', index % 4 === 0 ? 'test' : 'live');
    const id = keyIdOf(index);
    const owner =
      index < ofBusyUser
        ? { userId: busyUser }
        : { projectId: projectName(Math.floor(index / keysOfProject)).id };
    await store.apiKeys.create({
      ...{ id, hash: sha256(key), display: displayOf(key), lineage: id, name: keyName(index) },
      ...{ api: api.identifier, scopes: ['orders:read'], environment: 'live', ...owner },
      ...{ allowIps: [], metadata: {}, createdBy: 'operator', ...times },
    });
  });
  const days = Array.from({ length: 30 }, (_, day) => iso(now - day * dayMs).slice(0, 10));
  await each('usage of API keys', Math.min(keys, usedKeys), (index) => {
    const { id: projectId } = projectName(Math.floor(index / keysOfProject));
    const counts = { allowed: 900, limited: 3, denied: 1 };
    return store.usage.add(
      days.map((day) => ({
        day,
        keyId: keyIdOf(index),
        projectId,
        api: api.identifier,
        ...counts,
      })),
    );
  });
}

/** Copies of what the template server made, also where that has expired meanwhile; ids are new. */
async function seedSessions(store: BulkStore, userId: string, each: Each): Promise<void> {
  const expiresAt = Date.now() + 14 * dayMs;
  for (const kind of ['Session', 'Grant']) {
    const original = await store.artifacts.find(kind, await store.artifactOf(kind), 0);
    if (!original) throw new Error(`no ${kind} to copy`);
    await each(`${kind}s of one user`, ofBusyUser, (index) => {
      const { sessionUid, ...copy } = original;
      const uid = sessionUid && { sessionUid: idOf(`session ${index}`) };
      const own = { id: idOf(`${kind} ${index}`), expiresAt, accountId: userId };
      return store.artifacts.put({ ...copy, ...own, ...uid });
    });
  }
  const token = (await store.statusRanges.select({ userId }, { limit: 1, now: 0 }))[0];
  if (!token) throw new Error('no token to copy');
  await each('tokens of one user', tokensOfBusyUser, (index) =>
    store.statusRanges.add({ ...token, first: token.first + 100_000 + index, expiresAt }),
  );
}

async function seedRefusals(store: BulkStore, { refusals, clients }: Sizes, each: Each) {
  const now = Date.now();
  const step = (2 * dayMs) / refusals;
  await each('refusals', refusals, (index) => {
    const clientId = index % 5 === 0 ? 'shop' : clientName(spread(index, 41, clients)).clientId;
    return store.refusals.insert({
      ...{ reference: referenceOf(index), at: Math.floor(now - index * step), route: 'token' },
      ...{ reason: reasons[spread(index, 42, reasons.length)] ?? 'other', status: 400, clientId },
      ...{ details: { error: 'invalid_grant', message: 'a made-up refusal' } },
      expiresAt: now + dayMs,
    });
  });
}

async function seedStatistics(store: BulkStore, report: Report): Promise<void> {
  const hour = Date.now() - (Date.now() % hourMs);
  let waiting: StatisticsRow[] = [];
  for (let back = 0; back < statisticsDays * 24; back += back < hourlyDays * 24 ? 1 : 24) {
    const bucket = hour - back * hourMs;
    for (const [metric, labels] of Object.entries(labelsOf)) {
      for (const label of labels) {
        const count = 1 + spread(back, label.length, 1000);
        waiting.push({ metric, label, bucket, count, sum: count, max: 1 });
      }
    }
    if (waiting.length < 2000) continue;
    await store.statistics.add(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await store.statistics.add(waiting);
  report('days of statistics', statisticsDays);
}

const reasons = [...new Set(refusalReasons.map(({ name }) => name))];

/** All labels that a metric can have: each hour has a row for each. */
const labelsOf: Record<string, readonly string[]> = {
  [statisticsMetrics.tokensIssued]: [
    ...['authorization_code', 'refresh_token', 'client_credentials', 'device_code'],
    'token_exchange',
  ],
  [statisticsMetrics.requestsRefused]: [...reasons, 'other'],
  [statisticsMetrics.revocations]: ['by_client', 'user', 'client', 'grant', 'session', 'api_key'],
  [statisticsMetrics.signIns]: [''],
  [statisticsMetrics.failedSignIns]: ['failed', 'throttled'],
  [statisticsMetrics.passwordQueue]: [''],
  [statisticsMetrics.storeSeconds]: ['ok'],
};

export function keyIdOf(index: number): string {
  return `key_${idOf(`key ${index}`)}`;
}

export function referenceOf(index: number): string {
  return idOf(`refusal ${index}`).padEnd(36, '0');
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
