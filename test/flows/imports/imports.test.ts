/** People and services who come from another server, by the command of operators: they go on as before. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { testSecret } from '../../../harness/test_secret.ts';
import { openStore } from '../../../src/storage/open.ts';
import { finish, start } from '../../cli/support.ts';
import {
  auth0Clients,
  auth0Users,
  csvOfKnownHashes,
  keycloakPassword,
  realm,
  realmSecret,
} from '../../imports/exports.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { knownHashes } from '../../users/known_hashes.ts';
import { declaration } from './configuration.ts';

await eachServer({ declaration }, (server) => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cardea-import-'));
    await writeFile(join(folder, 'cardea.json'), JSON.stringify(declaration));
  });
  after(() => rm(folder, { recursive: true }));

  /** Runs `cardea import SOURCE FILE` on the store of the server. */
  const runImport = async (source: string, text: string, ...options: string[]) => {
    const path = join(folder, 'export');
    await writeFile(path, text);
    const { code, stdout, stderr } = await finish(
      start(['import', source, path, ...options], {
        CARDEA_ISSUER: server().issuer,
        CARDEA_STORE: server().store,
        CARDEA_SECRET: testSecret,
        CARDEA_CONFIG: join(folder, 'cardea.json'),
      }),
    );
    return { code, stdout, stderr };
  };

  /** The subject that an app gets to know, and the hash that is stored afterwards. */
  const signIn = async (username: string, password: string) => {
    const { issuer } = server();
    const person = { username, password };
    const app = createAppSession({ issuer, clientId: 'app', scope: 'openid', person });
    const { idToken } = await app.newTokens(server());
    const { sub = '' } = decodeJwt(idToken);
    const store = await openStore({ url: server().store });
    const user = await store.users.find(sub);
    await store.close();
    return { sub, hash: user?.passwordHash };
  };

  describe('Sign-in after an import', () => {
    test('A person with a password hash of each kind signs in with the old subject, twice, and the hash is argon2id', async () => {
      const { code, stderr } = await runImport('csv', csvOfKnownHashes, '--json');
      assert.equal(code, 0, stderr);
      for (const [index, { password }] of knownHashes.entries()) {
        const first = await signIn(`user-${index}`, password);
        assert.equal(first.sub, `old-${index}`);
        assert.match(first.hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
        assert.deepEqual(await signIn(`user-${index}`, password), first);
      }
    });

    test('A person of a realm signs in, and a service of it gets tokens with the old secret', async () => {
      const dry = await runImport('keycloak', JSON.stringify(realm), '--dry-run', '--json');
      assert.equal(dry.code, 0, dry.stderr);
      const imported = await runImport('keycloak', JSON.stringify(realm), '--json');
      assert.equal(imported.code, 0, imported.stderr);
      assert.deepEqual(JSON.parse(imported.stdout).users, JSON.parse(dry.stdout).users);
      const { sub } = await signIn('anna@shop.example', keycloakPassword);
      assert.equal(sub, realm.users[0]?.id);
      const fields = { grant_type: 'client_credentials', scope: 'orders:read' };
      const headers = { authorization: basic('old-job', realmSecret) };
      const { status } = await postForm(`${server().issuer}/token`, fields, headers);
      assert.equal(status, 200);
    });

    test('A person from Auth0 signs in, and a service gets tokens with the old secret', async () => {
      const text = [...auth0Users, ...auth0Clients].map((one) => JSON.stringify(one)).join('\n');
      const { code, stdout, stderr } = await runImport('auth0', text);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Imported\./);
      assert.match(stderr, /Issuer http/);
      const { sub } = await signIn('dora@shop.example', 'U*U');
      assert.equal(sub, 'auth0|60425dc43519d90068f82973');
      const { status } = await postForm(`${server().issuer}/token`, {
        ...{ grant_type: 'client_credentials', scope: 'orders:read' },
        ...{ client_id: 'M2M1', client_secret: realmSecret },
      });
      assert.equal(status, 200);
    });
  });

  describe('The import command', () => {
    test('It fails with the places of all mistakes, and succeeds with --skip-invalid', async () => {
      const text = 'username,password_hash\nwanda,\nxenia,5f4dcc3b5aa765d61d8327deb882cf99\n';
      const refused = await runImport('csv', text);
      assert.equal(refused.code, 1);
      assert.match(refused.stdout, /line 3: password_hash is not an encoded hash/);
      assert.match(refused.stdout, /Nothing was written\./);
      const skipped = await runImport('csv', text, '--skip-invalid');
      assert.equal(skipped.code, 0);
      assert.match(skipped.stdout, /what is invalid was left out/);
    });

    test('It refuses a file that is no such export, with exit code 1', async () => {
      const { code, stderr } = await runImport(
        'keycloak',
        'username\nwanda\n',
        '--dry-run',
        '--json',
      );
      assert.equal(code, 1);
      assert.equal(JSON.parse(stderr).error.code, 'unreadable_import');
    });
  });
});
