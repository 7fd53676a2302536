/**
 * Imports into a store: what becomes of the users and clients of each kind of export, and of mistakes in them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { createServices } from '../../src/app/services.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { deviceGrant } from '../../src/definitions/oauth.ts';
import type { ImportSource } from '../../src/imports/room.ts';
import { eachEngine, openFresh, type TestStores } from '../support/stores.ts';
import { knownHashes } from '../users/known_hashes.ts';
import {
  auth0Clients,
  auth0Users,
  csvOf,
  csvOfKnownHashes,
  keycloakPassword,
  realm,
  realmSecret,
} from './exports.ts';

const declaration = declarationSchema.parse({
  apis: [
    {
      ...{ identifier: 'https://orders.example', name: 'Orders' },
      scopes: { 'orders:read': 'See them' },
    },
  ],
});

async function openScene(t: TestContext, stores: TestStores) {
  const store = await openFresh(t, stores);
  const services = createServices({
    config: {
      ...{ issuer: 'https://id.example', developmentMode: false },
      secrets: [Buffer.from(testSecret, 'base64url')],
      declaration,
    },
    ...{ store, clock },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  t.after(() => services.close());
  const folder = await mkdtemp(join(tmpdir(), 'cardea-import-'));
  t.after(() => rm(folder, { recursive: true }));
  const imports = await services.imports();
  let files = 0;
  const run = async (
    source: ImportSource,
    text: string | Buffer,
    options: { dryRun?: boolean; skipInvalid?: boolean } = {},
  ) => {
    files += 1;
    const path = join(folder, `export-${files}`);
    await writeFile(path, text);
    return imports.run({
      ...{ source, path, dryRun: false, skipInvalid: false, by: { actor: 'operator' } },
      ...{ onProgress: () => {}, ...options },
    });
  };
  const count = async () => ({
    users: (await store.users.list({ limit: 1000 })).items.length,
    clients: (await store.clients.list({ limit: 1000 })).items.length,
  });
  return { run, count, users: await services.users(), clients: await services.clients(), store };
}

const lines = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).join('\n');

await eachEngine((stores) => {
  describe('Import from Keycloak', () => {
    test('Users of a realm keep their subjects, names, verified addresses, roles and passwords', async (t) => {
      const { run, users, store } = await openScene(t, stores);
      const report = await run('keycloak', JSON.stringify(realm));
      assert.deepEqual(report.problems, []);
      assert.deepEqual(report.users, { found: 3, imported: 3, already_there: 0, invalid: 0 });
      assert.deepEqual(report.password_hashes, { argon2: 1, pbkdf2: 2 });
      const anna = await users.authenticate('anna@shop.example', keycloakPassword);
      assert.equal(anna?.id, '5d7f0a3e-6d3c-4e0f-9b1a-0c5f7d1c2b3a');
      assert.equal(anna?.emailVerified, true);
      assert.deepEqual(anna?.claims, {
        ...{ name: 'Anna Ahn', given_name: 'Anna', family_name: 'Ahn' },
        phone_number: '+49 30 1234',
      });
      assert.deepEqual(anna?.roles, ['seller', 'shop:refund']);
      assert.deepEqual(anna?.groups, ['/staff/berlin']);
      assert.equal((await users.authenticate('bert', keycloakPassword))?.emailVerified, false);
      const carl = await users.findByUsername('carl');
      assert.ok(carl?.disabledAt);
      await users.enable(carl.id);
      assert.ok(await users.authenticate('carl', keycloakPassword));
      for (const { passwordHash } of (await store.users.list({ limit: 10 })).items) {
        assert.match(passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      }
      const notes = report.notes.map(({ note }) => note).join('\n');
      assert.match(notes, /attribute department/);
      assert.match(notes, /credentials of type otp/);
    });

    test('Clients of a realm keep their ids, secrets, redirect URIs and those scopes that an API declares', async (t) => {
      const { run, clients } = await openScene(t, stores);
      await run('keycloak', JSON.stringify(realm));
      const { items: all } = await clients.list({ limit: 100 });
      assert.deepEqual(
        all.map(({ clientId }) => clientId),
        ['old-job', 'shop', 'television'],
      );
      const [job, shop, television] = all;
      assert.ok(job && shop && television);
      assert.deepEqual(television.metadata.grant_types, [deviceGrant, 'refresh_token']);
      assert.equal(television.metadata.scope, 'openid profile');
      assert.ok(clients.matchingSecret(job.secretHashes, realmSecret));
      assert.deepEqual(job.metadata.grant_types, ['client_credentials']);
      assert.equal(job.metadata.scope, 'orders:read');
      assert.deepEqual(job.metadata.apis, ['https://orders.example']);
      assert.deepEqual(shop.secretHashes, []);
      assert.equal(shop.metadata.token_endpoint_auth_method, 'none');
      assert.equal(shop.metadata.scope, 'openid profile email offline_access');
      assert.deepEqual(shop.metadata.redirect_uris, ['https://shop.example/callback']);
      assert.deepEqual(shop.metadata.post_logout_redirect_uris, [
        'https://shop.example/',
        'https://shop.example/callback',
      ]);
    });

    test('A wildcard, a hidden or short secret and an unknown algorithm are told by their place', async (t) => {
      const { run, count } = await openScene(t, stores);
      const client = { standardFlowEnabled: true, secret: realmSecret };
      const wrong = {
        clients: [
          { ...client, clientId: 'wild', redirectUris: ['https://shop.example/*'] },
          { ...client, clientId: 'hidden', secret: '**********', redirectUris: [] },
          { clientId: 'short', secret: 'fifteen-letters', serviceAccountsEnabled: true },
        ],
        users: [
          {
            ...{ id: 'x', username: 'xaver' },
            credentials: [
              {
                type: 'password',
                secretData: '{"value":"AAAA","salt":"AAAA"}',
                credentialData: '{"algorithm":"md5","hashIterations":1}',
              },
            ],
          },
        ],
      };
      const { problems, ok } = await run('keycloak', JSON.stringify(wrong));
      assert.equal(ok, false);
      const text = problems.map(({ where, problem }) => `${where}: ${problem}`).join('\n');
      assert.match(text, /clients\[0\] \(wild\): redirect_uris\[0\] has a wildcard/);
      assert.match(text, /clients\[1\] \(hidden\): The export hides its secret/);
      assert.match(text, /clients\[2\] \(short\): The secret must have 16 to 512/);
      assert.match(text, /users\[0\]: Its password is hashed by an algorithm that is not known/);
      assert.doesNotMatch(text, /fifteen-letters/);
      assert.deepEqual(await count(), { users: 0, clients: 0 });
    });
  });

  describe('Import from Auth0', () => {
    test('Users of an export with one object a line keep their subjects, roles and passwords', async (t) => {
      const { run, users } = await openScene(t, stores);
      const report = await run('auth0', lines(auth0Users));
      assert.deepEqual(report.problems, []);
      assert.deepEqual(report.password_hashes, { bcrypt: 1, none: 1, pbkdf2: 1 });
      const dora = await users.authenticate('dora@shop.example', 'U*U');
      assert.equal(dora?.id, 'auth0|60425dc43519d90068f82973');
      assert.equal(dora?.emailVerified, true);
      const emil = await users.find('google-oauth2|1234');
      assert.deepEqual([emil?.username, emil?.roles], ['emil@shop.example', ['seller']]);
      assert.equal(emil?.claims.picture, 'https://shop.example/emil.png');
      assert.ok((await users.find('auth0|77'))?.disabledAt);
    });

    test('Clients of an array keep their secrets, also if only the hash is known', async (t) => {
      const { run, clients } = await openScene(t, stores);
      const hashed = {
        ...{ client_id: 'HASHED', grant_types: ['client_credentials'] },
        client_secret_sha256: '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8',
      };
      const report = await run('auth0', JSON.stringify([...auth0Clients, hashed]));
      assert.deepEqual(report.problems, []);
      const job = await clients.find('M2M1');
      assert.ok(job && clients.matchingSecret(job.secretHashes, realmSecret));
      assert.equal(job.metadata.token_endpoint_auth_method, 'client_secret_post');
      const other = await clients.find('HASHED');
      assert.ok(other && clients.matchingSecret(other.secretHashes, 'password'));
      const spa = await clients.find('SPA1');
      assert.deepEqual(spa?.metadata.grant_types, ['authorization_code']);
      assert.deepEqual(spa?.metadata.redirect_uris, ['https://spa.example/cb']);
    });
  });

  describe('Import of CSV', () => {
    test('Many users with hashes of every kind sign in, and all hashes are argon2id afterwards', async (t) => {
      const { run, users } = await openScene(t, stores);
      const report = await run('csv', csvOfKnownHashes);
      assert.deepEqual(report.problems, []);
      assert.equal(report.users.imported, knownHashes.length);
      for (const [index, { password }] of knownHashes.entries()) {
        const user = await users.authenticate(`user-${index}@shop.example`, password);
        assert.equal(user?.id, `old-${index}`);
        assert.deepEqual(user?.roles, ['seller', 'buyer']);
        assert.match(user?.passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      }
    });

    test('A second import of the same file changes nothing, and one that was cut off is finished', async (t) => {
      const { run, users } = await openScene(t, stores);
      const rows = csvOfKnownHashes.trimEnd().split('\n');
      await run('csv', rows.slice(0, 4).join('\n'));
      await users.disable('old-1');
      const finished = await run('csv', csvOfKnownHashes);
      const total = knownHashes.length;
      assert.deepEqual(finished.users, {
        ...{ found: total, imported: total - 3, already_there: 3, invalid: 0 },
      });
      const { version } = (await users.find('old-1')) ?? {};
      assert.equal((await run('csv', csvOfKnownHashes)).users.already_there, total);
      assert.equal((await users.find('old-1'))?.version, version);
    });
  });

  describe('Mistakes in an import', () => {
    const good = ['s1', 'paul', 'paul@shop.example', ''];
    const wrong = [
      ['s2', 'Paul', '', ''],
      ['s1', 'peter', '', ''],
      ['s3', 'quinn', 'paul@shop.example', ''],
      ['s4', 'rosa', 'not an address', ''],
      ['s5', 'sven', '', '5f4dcc3b5aa765d61d8327deb882cf99'],
      ['s6', 'tess', '', '$2b$17$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy'],
      ['ä', 'ugo', '', ''],
      ['s8', 'alice', '', ''],
      ['s9', 'vera', '', '', 'one field too many'],
    ];
    const header = ['subject', 'username', 'email', 'password_hash'];
    const file = csvOf([header, good, ...wrong]);

    test('Nothing is written when anything is wrong, and the report names every place', async (t) => {
      const { run, count, users } = await openScene(t, stores);
      await users.create({ username: 'alice' });
      const report = await run('csv', file);
      assert.equal(report.ok, false);
      assert.deepEqual(report.users, { found: 9, imported: 0, already_there: 0, invalid: 8 });
      assert.deepEqual(
        [...new Set(report.problems.map(({ where }) => where))].sort(),
        wrong.map((_, index) => `line ${index + 3}`).sort(),
      );
      const ofLine = (line: number) =>
        report.problems.find(({ where }) => where === `line ${line}`)?.problem ?? '';
      assert.match(ofLine(3), /username is that of line 2/);
      assert.match(ofLine(4), /subject is that of line 2/);
      assert.match(ofLine(7), /Accepted are: argon2id.*bcrypt.*scrypt.*PBKDF2.*\$6\$/);
      assert.match(ofLine(8), /bcrypt 16/);
      assert.match(ofLine(10), /belongs to another user of the store/);
      assert.doesNotMatch(JSON.stringify(report.problems), /5f4dcc3b/);
      assert.deepEqual(await count(), { users: 1, clients: 0 });
    });

    test('With --skip-invalid only what is wrong is left out', async (t) => {
      const { run, count, users } = await openScene(t, stores);
      await users.create({ username: 'alice' });
      const report = await run('csv', file, { skipInvalid: true });
      assert.equal(report.ok, true);
      assert.deepEqual(report.users, { found: 9, imported: 1, already_there: 0, invalid: 8 });
      assert.deepEqual(await count(), { users: 2, clients: 0 });
      assert.equal((await users.find('s1'))?.username, 'paul');
    });

    test('A dry run reports the same and writes nothing', async (t) => {
      const { run, count } = await openScene(t, stores);
      for (const [source, text] of [
        ['keycloak', JSON.stringify(realm)],
        ['auth0', lines([...auth0Users, ...auth0Clients])],
        ['csv', csvOfKnownHashes],
      ] as const) {
        const report = await run(source, text, { dryRun: true });
        assert.deepEqual(report.problems, []);
        assert.ok(report.users.imported > 0);
        assert.deepEqual(await count(), { users: 0, clients: 0 });
      }
    });

    test('No user gets the id of a client as subject, and no client the subject of a user', async (t) => {
      const { run, users, clients } = await openScene(t, stores);
      const job = { clientId: 'job', metadata: { grant_types: ['client_credentials'] } };
      await clients.create(job);
      const person = await users.create({ username: 'nina' });
      const service = { client_secret: realmSecret, grant_types: ['client_credentials'] };
      const items = [
        { user_id: 'auth0|1', username: 'otto' },
        { ...service, client_id: 'auth0|1' },
        { ...service, client_id: person.id },
      ];
      const { problems } = await run('auth0', lines(items));
      assert.deepEqual(
        problems.map(({ problem }) => problem),
        [
          'Its client_id is that of line 1 already.',
          'Its client_id is the subject of a user of the store.',
        ],
      );
      const csv = await run('csv', 'subject,username\njob,paula\n');
      assert.match(csv.problems[0]?.problem ?? '', /id of a client of the store/);
    });

    test('A file that is no such export is refused as a whole', async (t) => {
      const { run, count } = await openScene(t, stores);
      for (const [source, text] of [
        ['keycloak', 'not JSON'],
        ['keycloak', '[]'],
        ['auth0', ''],
        ['auth0', 'username,email'],
        ['auth0', Buffer.from([0x1f, 0x8b, 0x08, 0xff])],
        ['auth0', `{"a":"${'x'.repeat(1024 * 1024 + 1)}"`],
        ['csv', ''],
        ['csv', 'username,shoe_size\na,42\n'],
        ['csv', 'username\n"a'],
      ] as const) {
        await assert.rejects(run(source, text), { code: 'unreadable_import', status: 400 });
      }
      assert.deepEqual(await count(), { users: 0, clients: 0 });
    });
  });
});
