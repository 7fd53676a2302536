/**
 * Records to test stores with, and stores opened for one test or one suite.
 */
import type { TestContext } from 'node:test';
import type { Clock } from '../../../src/clock.ts';
import { randomId } from '../../../src/digests.ts';
import type { ApiKeyRecord } from '../../../src/storage/api_keys.ts';
import type { ApiRecord } from '../../../src/storage/apis.ts';
import type { Artifact } from '../../../src/storage/artifacts.ts';
import type { AuditChain } from '../../../src/storage/audit_chains.ts';
import type { AuditEvent } from '../../../src/storage/audit_events.ts';
import type { AuthenticatorsRecord } from '../../../src/storage/authenticators.ts';
import type { ClientRecord } from '../../../src/storage/clients.ts';
import type { GroupRecord } from '../../../src/storage/groups.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { ProjectRecord } from '../../../src/storage/projects.ts';
import type { StoredRefusal } from '../../../src/storage/refusals.ts';
import type { NewRevocation, Revocation } from '../../../src/storage/revocations.ts';
import type { StatusLease } from '../../../src/storage/status_leases.ts';
import type { StatusRange } from '../../../src/storage/status_ranges.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { UsageRow } from '../../../src/storage/usage.ts';
import type { UserRecord } from '../../../src/storage/users.ts';
import { sharedScene } from '../../support/scenes.ts';
import type { TestStores } from '../../support/stores.ts';

/** What the contract needs to know of an engine beyond its address. */
export type ContractStores = TestStores & {
  /** A store whose server or file can be taken away for a while. */
  breakable(t: TestContext): Promise<BreakableStore>;
  /** Pretends that a program with this schema version wrote the store; answers which it was. */
  setSchemaVersion(url: string, version: number): Promise<number>;
};

type BreakableStore = { url: string; lose(): Promise<void>; giveBack(): Promise<void> };

/**
 * `now` of the tests: expiry is moved by asking at a later time, never by waiting. It lies ahead of the
 * real time, by which a server removes expired records on its own.
 */
export const now = Date.now() + 3_600_000;
export const minute = 60_000;

/** A server that gets 50 new connections on a busy machine may be slow; what wins a race is the question. */
export const patienceMs = 60_000;

/** Texts in the order of their bytes in UTF-8, which both engines list by. */
export const ordered = ['A', 'Z', 'a', 'b', 'z', 'ä', '€', '😀'];

/** Connections to the store at this address; closed after the test. */
export async function openAll(
  t: TestContext,
  options: { url: string; count: number; clock?: Clock; answerMs?: number },
): Promise<Store[]> {
  const opened = Array.from({ length: options.count }, () => openStore(options));
  t.after(async () => {
    for (const store of await Promise.allSettled(opened)) {
      if (store.status === 'fulfilled') await store.value.close();
    }
  });
  return Promise.all(opened);
}

/** One store for all tests of the suite that this is called in; they keep apart by random ids. */
export function sharedStore(stores: TestStores): { url(): string; store(): Store } {
  const scene = sharedScene(stores, async (url) => {
    const store = await openStore({ url });
    return { url, store, close: store.close };
  });
  return { url: () => scene().url, store: () => scene().store };
}

export function sampleArtifact(given: Partial<Artifact> = {}): Artifact {
  return {
    kind: 'RefreshToken',
    id: randomId(),
    payload: { iat: 1, scope: 'openid' },
    grantId: undefined,
    familyId: undefined,
    accountId: undefined,
    clientId: undefined,
    sessionUid: undefined,
    alias: undefined,
    consumedAt: undefined,
    expiresAt: now + minute,
    ...given,
  };
}

/** Alone it revokes a token of its own. */
export function sampleRevocation(given: Partial<NewRevocation> = {}): NewRevocation {
  return {
    key: `token:${randomId()}`,
    before: undefined,
    status: undefined,
    work: undefined,
    expiresAt: now + minute,
    ...given,
  };
}

/** As it is found, put alone. */
export function asFound(revocation: NewRevocation, sequence: number): Revocation {
  const { work: text } = revocation;
  return { ...revocation, sequence, work: text === undefined ? text : [{ sequence, text }] };
}

/** Alone it is the first position of a list of its own. */
export function sampleRange(given: Partial<StatusRange> = {}): StatusRange {
  return {
    list: randomId(),
    first: 0,
    count: 1,
    issuedFrom: Math.floor(now / 1000),
    perSecond: 1,
    clientId: 'shop',
    api: 'https://api.example',
    keyId: 'k1',
    userId: undefined,
    grantId: undefined,
    familyId: undefined,
    session: undefined,
    derivedFrom: undefined,
    asOf: 0,
    expiresAt: now + minute,
    ...given,
  };
}

/** Alone it is the first of a list of its own. */
export function sampleLease(given: Partial<StatusLease> = {}): StatusLease {
  return {
    list: randomId(),
    first: 0,
    count: 256,
    api: 'https://api.example',
    keyId: 'k1',
    clientId: undefined,
    issuedFrom: Math.floor(now / 1000),
    issuedUntil: Math.floor(now / 1000) + 60,
    asOf: 0,
    expiresAt: now + minute,
    ...given,
  };
}

export function sampleClient(given: Partial<ClientRecord> = {}): ClientRecord {
  return {
    clientId: `client-${randomId()}`,
    metadata: { client_name: 'Shop', redirect_uris: ['https://shop.example/callback'] },
    secretHashes: [{ hash: randomId(32), createdAt: now, expiresAt: now + minute }],
    source: 'operator',
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleUser(given: Partial<UserRecord> = {}): UserRecord {
  const id = randomId();
  return {
    id,
    username: `user-${id}`,
    email: `${id}@example.com`,
    emailVerified: true,
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    claims: { name: 'Alice Adams', address: { locality: 'Paris' } },
    roles: ['admin'],
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

/** Alone it is the first of a lineage of its own, in a project of its own, and has no end. */
export function sampleApiKey(given: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  const id = `key_${randomId()}`;
  return {
    id,
    hash: randomId(32),
    display: { start: 'cardea_l', end: '9fQz' },
    lineage: id,
    name: 'Continuous integration',
    api: 'https://api.example',
    scopes: ['orders:read'],
    environment: 'live',
    ...(given.userId === undefined && { projectId: randomId() }),
    limits: { requestsPerMinute: 100 },
    allowIps: ['203.0.113.0/24', '2001:db8::/32'],
    metadata: { team: 'shop' },
    createdBy: 'operator',
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleApi(given: Partial<ApiRecord> = {}): ApiRecord {
  const identifier = `https://${randomId()}.example`;
  return {
    identifier,
    aliases: [`${identifier}/v1`],
    members: { name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    source: 'operator',
    since: now,
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleAuthenticators(
  given: Partial<AuthenticatorsRecord> = {},
): AuthenticatorsRecord {
  return {
    userId: randomId(),
    passkeys: [
      {
        ...{ id: randomId(), publicKey: 'pQECAyYgASFYIA', counter: 3, transports: ['internal'] },
        ...{ aaguid: '00000000-0000-0000-0000-000000000000', isSyncable: true, isSynced: false },
        ...{ name: 'Phone', createdAt: now, lastUsedAt: now },
      },
    ],
    totps: [{ id: randomId(), sealed: 'v1.x', name: 'App', lastStep: 7, createdAt: now }],
    recoveryCodes: { hashes: [randomId(32), randomId(32)], createdAt: now },
    identities: [
      {
        ...{ provider: 'staff', issuer: 'https://staff.example', subject: randomId() },
        ...{ label: 'alice@staff.example', createdAt: now },
      },
    ],
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleProject(given: Partial<ProjectRecord> = {}): ProjectRecord {
  const id = randomId();
  return {
    id,
    name: `project-${id}`,
    api: 'https://api.example',
    scopes: ['orders:read'],
    tier: 'gold',
    ownerId: 'alice',
    memberIds: ['alice', 'bert'],
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleGroup(given: Partial<GroupRecord> = {}): GroupRecord {
  return {
    name: `group-${randomId()}`,
    description: 'Who is on call',
    createdAt: now,
    updatedAt: now,
    version: 1,
    ...given,
  };
}

export function sampleRefusal(given: Partial<StoredRefusal> = {}): StoredRefusal {
  const refusal = {
    reference: randomId(),
    at: now,
    reason: 'client_unknown',
    route: 'token',
    status: 401,
    clientId: 'shop',
    details: { error: 'invalid_client' },
    expiresAt: now + minute,
    ...given,
  };
  if (refusal.clientId === undefined) delete (refusal as StoredRefusal).clientId;
  return refusal;
}

export function sampleUsage(given: Partial<UsageRow> = {}): UsageRow {
  return {
    day: '2031-05-04',
    keyId: `key_${randomId()}`,
    projectId: '',
    api: 'https://api.example',
    allowed: 1,
    limited: 0,
    denied: 0,
    ...given,
  };
}

export function sampleChain(given: Partial<AuditChain> = {}): AuditChain {
  return {
    id: randomId(),
    position: 1,
    key: 'k',
    startedAt: now,
    number: 0,
    latest: now,
    last: '',
    seal: 's',
    ...given,
  };
}

export function sampleEvent(given: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: randomId(),
    at: now,
    type: 'token.issued',
    outcome: 'success',
    userId: 'alice',
    clientId: 'shop',
    ip: '203.0.113.7',
    requestId: randomId(),
    details: { grant_type: 'refresh_token' },
    ...given,
  };
}
