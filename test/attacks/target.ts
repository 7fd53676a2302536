/**
 * The server under attack and its store, which the tests read from behind: what an attack left there, and
 * what a thief of the database would hold.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JSONWebKeySet } from 'jose';
import { MongoClient } from 'mongodb';
import { systemClock } from '../../src/clock.ts';
import { createInitialAccessToken } from '../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../src/storage/open.ts';
import { type FillProgress, fillDocument } from '../../src/storage/search.ts';
import type { UserRecord } from '../../src/storage/users.ts';
import { createRevocations } from '../../src/tokens/revocation/revocations.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts';
import { eachEngine, onSqlite, type TestStores } from '../support/stores.ts';

export type Row = Record<string, unknown>;

export type Target = TestServer & {
  /** Every record of every table or collection, as the engine holds it. */
  dump(): Promise<Record<string, Row[]>>;
  /** The JWKS, as anybody gets it. */
  jwks(): Promise<JSONWebKeySet>;
  /** Changes a user's record and nothing else. */
  changeUser(username: string, changes: Partial<UserRecord>): Promise<void>;
  /** Ends all that a user has, as an operator's command does. */
  revokeUser(username: string): Promise<void>;
  /** What an operator hands to whoever may register clients. */
  initialAccessToken(): Promise<string>;
};

type Options = Pick<TestServerOptions, 'trustedProxies'>;

/** Defines the same attacks on each engine. */
export async function eachTarget(
  declaration: object,
  define: (target: () => Target) => void,
  options: Options = {},
): Promise<void> {
  await eachEngine((stores) => targetOn(stores, declaration, define, options));
}

/** The half of `eachTarget` on SQLite, for attacks that have nothing to do with the store. */
export function sqliteTarget(declaration: object, define: (target: () => Target) => void): void {
  onSqlite((stores) => targetOn(stores, declaration, define));
}

function targetOn(
  stores: TestStores,
  declaration: object,
  define: (target: () => Target) => void,
  options: Options = {},
): void {
  let running: Target | undefined;
  before(async () => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration, ...options });
    const dump = async () => {
      const { statistics: _, ...tables } = await (stores.engine === 'sqlite'
        ? sqliteRows(store)
        : mongoRecords(store));
      return tables;
    };
    running = {
      ...server,
      dump,
      jwks: async () => {
        const response = await fetch(`${server.issuer}/.well-known/jwks.json`);
        return (await response.json()) as JSONWebKeySet;
      },
      changeUser: (username, changes) => changeUser(store, username, changes),
      revokeUser: (username) => revokeUser(store, username),
      initialAccessToken: () => newInitialAccessToken(store),
    };
    await housekeepingDone(dump);
  });
  after(async () => {
    await running?.close();
    // Whatever was sent, the server never failed over it, and its log stayed a log. A MongoDB that is too
    // slow on a busy machine is nobody's attack.
    for (const line of (running?.logged() ?? '').split('\n').filter(Boolean)) {
      const { level, err } = JSON.parse(line);
      const failed = ['error', 'fatal'].includes(level) && err?.code !== 'store_unavailable';
      assert.equal(failed, false, line);
    }
  });
  define(() => {
    if (!running) throw new Error('the server runs only while tests do');
    return running;
  });
}

/**
 * What a start leaves in the store by itself, a moment later: standby keys, whose turn it is to look for keys
 * that expire, and that all records are searchable. Whatever comes afterwards comes of requests.
 */
async function housekeepingDone(dump: Target['dump']): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const { artifacts = [], documents = [] } = await dump();
    const keysets = documents.filter(({ name, _id }) => /^signing_keys/.test(String(name ?? _id)));
    const keys = keysets.map(({ value }) => (JSON.parse(String(value)) as { keys: Row[] }).keys);
    const hasStandbys = keys.every((list) => list.length === 2 && !list.some(isUnconfirmed));
    const fill = documents.find(({ name, _id }) => (name ?? _id) === fillDocument);
    const isFilled = (JSON.parse(String(fill?.value ?? '{}')) as Partial<FillProgress>).isDone;
    if (isFilled && hasStandbys && artifacts.some(({ kind }) => kind === 'ApiKeyExpiryLook'))
      return;
    await sleep(25);
  }
  throw new Error('the server does not settle');
}

/** Its publication is confirmed by the next look at the keyset. */
function isUnconfirmed({ plannedAt }: Row): boolean {
  return plannedAt !== undefined;
}

async function newInitialAccessToken(url: string): Promise<string> {
  const { artifacts, close } = await openStore({ url });
  const clock = systemClock;
  const { token } = await createInitialAccessToken({ artifacts, clock }, { lifetimeSeconds: 600 });
  await close();
  return token;
}

async function changeUser(
  url: string,
  username: string,
  changes: Partial<UserRecord>,
): Promise<void> {
  const { users, close } = await openStore({ url });
  const user = await users.findByUsername(username);
  if (!user) throw new Error(`no user ${username}`);
  await users.update({ ...user, ...changes, version: user.version + 1 });
  await close();
}

async function revokeUser(url: string, username: string): Promise<void> {
  const { artifacts, revocations: markers, users, close } = await openStore({ url });
  const user = await users.findByUsername(username);
  if (!user) throw new Error(`no user ${username}`);
  await createRevocations({ artifacts, markers, clock: systemClock }).revoke({
    accountId: user.id,
  });
  await close();
}

async function sqliteRows(url: string): Promise<Record<string, Row[]>> {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as {
    name: string;
  }[];
  const rows = tables.map(({ name }) => [name, database.prepare(`SELECT * FROM ${name}`).all()]);
  database.close();
  return Object.fromEntries(rows);
}

async function mongoRecords(url: string): Promise<Record<string, Row[]>> {
  const client = await new MongoClient(url).connect();
  const collections = await client.db().collections();
  const records = await Promise.all(
    collections.map(async (collection) => [
      collection.collectionName,
      await collection.find().toArray(),
    ]),
  );
  await client.close();
  return Object.fromEntries(records);
}
