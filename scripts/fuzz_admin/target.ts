/**
 * A Cardea whose admin API may be broken: the demonstration's configuration on a store of its own, and the API key of an
 * owner to call it with.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { parse } from 'yaml';
import { testMongo } from '../../harness/mongodb.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { adminApi, adminScopeNames } from '../../src/definitions/admin_scopes.ts';
import { randomId } from '../../src/digests.ts';

export type Target = {
  url: string;
  key: string;
  /** Words that name the key, its user or what ends either: what is done to them has to stay a rehearsal. */
  own: readonly string[];
  keyWorks(): Promise<boolean>;
  log(): string;
  close(): Promise<void>;
};

const username = 'fuzzing-owner';
const clientId = 'fuzzing-starter';

/** `engine`: `sqlite` or `mongodb`. `folder`: for the store. */
export async function startTarget({
  engine,
  folder,
}: {
  engine: string;
  folder: string;
}): Promise<Target> {
  const store = engine === 'mongodb' ? await mongoStore() : `sqlite:${join(folder, 'cardea.db')}`;
  const secret = randomId() + randomId();
  const declaration = await declarationWith(secret);
  const server = await startProcessServer({ store, declaration });
  const call = async <Answer>(
    path: string,
    headers: Record<string, string>,
    body?: string | URLSearchParams,
  ) => {
    const method = body === undefined ? 'GET' : 'POST';
    const response = await fetch(server.url + path, { method, headers, body: body ?? null });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const { access_token } = await call<{ access_token: string }>(
    '/token',
    { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    new URLSearchParams({ grant_type: 'client_credentials' }),
  );
  const bearer = { authorization: `Bearer ${access_token}` };
  const user = await call<{ id: string }>(`/admin/v1/users/${username}`, bearer);
  const wanted = { name: 'Fuzzing', api: adminApi, user_id: user.id, scopes: adminScopeNames };
  const json = { ...bearer, 'content-type': 'application/json' };
  const made = await call<{ id: string; key: string }>(
    '/admin/v1/api-keys',
    json,
    JSON.stringify(wanted),
  );
  // What schemathesis.toml names beside the objects of the demonstration.
  const [{ identifier }] = declaration.apis;
  await call('/admin/v1/projects', json, JSON.stringify({ name: 'Shop', api: identifier }));
  await call('/admin/v1/groups', json, JSON.stringify({ name: 'staff' }));
  return {
    url: server.url,
    key: made.key,
    own: [made.id, user.id, username, adminApi, 'everything'],
    async keyWorks() {
      const headers = { authorization: `Bearer ${made.key}` };
      return (await fetch(`${server.url}/admin/v1/settings`, { headers })).ok;
    },
    log: server.output,
    async close() {
      await server.stop();
      if (engine === 'mongodb') await drop(store);
    },
  };
}

type Demonstration = {
  apis: [{ identifier: string }];
  clients: object[];
  users: { username: string }[];
  api_keys: { default_tier: string };
};

/** Without the limits of tiers, which a run would exceed at once. */
async function declarationWith(secret: string) {
  const file = await readFile(new URL('../../demo/cardea.yaml', import.meta.url), 'utf8');
  const { apis, clients, users, api_keys } = parse(file) as Demonstration;
  const { default_tier: _limited, ...unlimited } = api_keys;
  const scope = adminScopeNames.join(' ');
  const starter = { client_id: clientId, client_secret: secret, scope, apis: [adminApi] };
  return {
    apis,
    api_keys: unlimited,
    clients: [...clients, { ...starter, grant_types: ['client_credentials'] }],
    users: [
      // Their ids are their names, so that schemathesis.toml can name them.
      ...users.map((user) => ({ ...user, subject: user.username })),
      { username, operator: 'owner' },
    ],
  };
}

async function mongoStore(): Promise<string> {
  const mongo = await testMongo();
  if (!mongo) throw new Error('No MongoDB can be had on this machine: set MONGODB_URI.');
  return mongo.uri(`cardea_fuzz_${randomId().slice(0, 8)}`);
}

async function drop(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  await client.db().dropDatabase();
  await client.close();
}
