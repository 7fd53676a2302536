/**
 * Fills a store as if it had been in use for long: copies of what a server wrote there, each with names of its own.
 */
import { createHash } from 'node:crypto';
import { createKey, displayOf } from '../../../src/api_keys/model/key_format.ts';
import { randomId, sha256 } from '../../../src/digests.ts';
import type { Artifact } from '../../../src/storage/artifacts.ts';
import { createListRegistry } from '../../../src/tokens/status/list_registry.ts';
import { api, clients as declared, tier, user } from '../declaration.ts';
import { type BulkStore, openBulk } from './bulk.ts';

export type Sizes = {
  tokens: number;
  sessions: number;
  keys: number;
  users: number;
  clients: number;
};

/** Of what was seeded, to be tried over HTTP. Each opens what its record stands for. */
export type Seeded = { clientId: string; key: string; username: string; refreshToken: string };

const dayMs = 86_400_000;
const keysOfProject = 1000;
const positionsOfLease = 16_384;
/** So many of the tokens are of the one busy client, in leases of its own. */
const busyShare = 0.5;
const busyClient = 'shop';

/** `report` is called now and then with what was done. Memory does not grow with the sizes. */
export async function seed(
  url: string,
  sizes: Sizes,
  report: (what: string, done: number) => void,
): Promise<Seeded> {
  const store = await openBulk(url);
  const each = async (what: string, count: number, write: (index: number) => Promise<unknown>) => {
    for (let index = 0; index < count; index += 1) {
      await write(index);
      if (index % 250_000 === 249_999) report(what, index + 1);
    }
    report(what, count);
  };
  await seedClients(store, sizes.clients, each);
  const userId = await seedUsers(store, sizes.users, each);
  const key = await seedKeys(store, sizes.keys, each);
  const refreshToken = await seedSessions(store, { count: sizes.sessions, userId }, each);
  await seedTokens(store, { ...sizes, userId }, each);
  report('indexes', 0);
  await store.finish();
  const last = Math.floor(sizes.users / 2);
  return {
    clientId: clientOf(Math.floor(sizes.clients / 2)),
    key,
    username: nameOf(last),
    refreshToken,
  };
}

type Each = (
  what: string,
  count: number,
  write: (index: number) => Promise<unknown>,
) => Promise<void>;

const nameOf = (index: number) => `person-${String(index).padStart(9, '0')}`;
const clientOf = (index: number) => `service-${String(index).padStart(7, '0')}`;
/** Of 21 characters, as others are, and the same for the same name. */
const idOf = (name: string) => sha256(name).slice(0, 21);
const userOf = (index: number) => idOf(nameOf(index));

async function seedClients(store: BulkStore, count: number, each: Each): Promise<void> {
  const job = await store.clients.find(declared[0]?.client_id ?? '');
  if (!job) throw new Error('no client to copy');
  await each('clients', count, (index) => {
    const clientId = clientOf(index);
    const metadata = { ...job.metadata, client_id: clientId };
    return store.clients.create({ ...job, clientId, metadata, source: 'operator' });
  });
}

/** Answers the id of the one whose records are copied. */
async function seedUsers(store: BulkStore, count: number, each: Each): Promise<string> {
  const alice = await store.users.findByUsername(user.username);
  if (!alice) throw new Error('no user to copy');
  const { declaredHash: _declared, ...person } = alice;
  await each('users', count, (index) => {
    const username = nameOf(index);
    return store.users.create({
      ...person,
      id: userOf(index),
      username,
      email: `${username}@example.com`,
    });
  });
  return alice.id;
}

async function seedKeys(store: BulkStore, count: number, each: Each): Promise<string> {
  const now = Date.now();
  const times = { createdAt: now, updatedAt: now, version: 1 };
  let projectId = '';
  let chosen = '';
  await each('API keys', count, async (index) => {
    if (index % keysOfProject === 0) {
      projectId = randomId();
      const facts = { id: projectId, name: projectId, api: api.identifier, memberIds: [] };
      await store.projects.create({ ...facts, ...times });
    }
    const key = createKey('bench', 'live');
    const id = `key_${randomId()}`;
    if (index === Math.floor(count / 2)) chosen = key;
    await store.apiKeys.create({
      ...{ id, hash: sha256(key), display: displayOf(key), lineage: id, name: 'bench', tier },
      ...{ api: api.identifier, scopes: ['orders:read'], environment: 'live', projectId },
      ...{ allowIps: [], metadata: {}, createdBy: 'operator', ...times },
    });
  });
  return chosen;
}

/** A session, a grant and a refresh token for each. Answers a refresh token. */
async function seedSessions(
  store: BulkStore,
  { count, userId }: { count: number; userId: string },
  each: Each,
): Promise<string> {
  const kinds = ['Session', 'Grant', 'RefreshToken'];
  const originals: Artifact[] = [];
  for (const kind of kinds) {
    const found = await store.artifacts.find(kind, await store.artifactOf(kind), 0);
    if (!found) throw new Error(`no ${kind} to copy`);
    originals.push(found);
  }
  const [session, grant, refresh] = originals as [Artifact, Artifact, Artifact];
  const names = [userId, session.sessionUid ?? '', grant.id, refresh.familyId ?? ''];
  const secretOf = (index: number) =>
    createHash('sha256').update(`refresh ${index}`).digest('base64url');
  const expiresAt = Date.now() + 14 * dayMs;
  await each('sessions, with a grant and a refresh token each', count, async (index) => {
    const own = [userOf(index), idOf(`session ${index}`), idOf(`grant ${index}`)];
    const family = `${own[2]}.${sha256(`code ${index}`).slice(0, 12)}`;
    const ids = [idOf(`cookie ${index}`), own[2], sha256(secretOf(index))];
    for (const [at, original] of originals.entries()) {
      const copy = renamed(original, names, [...own, family]);
      await store.artifacts.put({ ...copy, id: ids[at] ?? '', expiresAt });
    }
  });
  return secretOf(Math.floor(count / 2));
}

/** A copy in which each name, longest first, is replaced wherever it stands. */
function renamed(original: Artifact, names: readonly string[], own: readonly string[]): Artifact {
  let text = JSON.stringify(original);
  const pairs = names.map((name, at) => [name, own[at] ?? ''] as const).filter(([name]) => name);
  for (const [name, other] of pairs.toSorted((one, two) => two[0].length - one[0].length)) {
    text = text.replaceAll(name, other);
  }
  return JSON.parse(text);
}

/** Living JWTs of people, recorded one by one in leases as processes take them. */
async function seedTokens(
  store: BulkStore,
  { tokens, users, clients, userId }: Sizes & { userId: string },
  each: Each,
): Promise<void> {
  const registry = createListRegistry({
    ...{ documents: store.documents, clock: { now: Date.now } },
    longestTokenLifetimeMs: () => dayMs,
  });
  const original = (await store.statusRanges.select({ userId }, { limit: 1, now: 0 }))[0];
  if (!original) throw new Error('no token to copy');
  const asOf = await store.revocations.sequence();
  const issuedFrom = Math.floor(Date.now() / 1000);
  const { api: audience, keyId } = original;
  let lease = await registry.lease(positionsOfLease);
  let isBusy = true;
  await each('tokens', tokens, async (index) => {
    const at = index % positionsOfLease;
    if (at === 0) {
      if (index > 0) lease = await registry.lease(positionsOfLease);
      isBusy = index < tokens * busyShare;
      const { list, first, count, expiresAt } = lease;
      await store.statusLeases.add({
        ...{ list: list.id, first, count, api: audience, keyId, asOf, expiresAt, issuedFrom },
        ...{ issuedUntil: issuedFrom + 3600, ...(isBusy && { clientId: busyClient }) },
      });
    }
    const person = index % users;
    const grantId = idOf(`grant ${person}`);
    await store.statusRanges.add({
      ...original,
      ...{ list: lease.list.id, first: lease.first + at, asOf, issuedFrom, grantId },
      ...{ clientId: isBusy ? busyClient : clientOf(index % clients), userId: userOf(person) },
      ...{ familyId: `${grantId}.${sha256(`code ${index}`).slice(0, 12)}` },
      ...{ session: idOf(`reference ${person}`).slice(0, 22), inClientLease: isBusy || undefined },
      expiresAt: Date.now() + dayMs,
    });
  });
}
