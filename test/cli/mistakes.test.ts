/** What would be accepted and then mean something else, or nothing: said before it happens. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../../harness/free_port.ts';
import { openStore } from '../../src/storage/open.ts';
import {
  type CommandLine,
  createCommandLine,
  type ServerOfCommands,
  startServerOf,
} from './support.ts';

let cli: CommandLine;
let server: ServerOfCommands;
before(async () => {
  cli = await createCommandLine();
  server = await startServerOf(cli);
});
after(async () => {
  await server.close();
  await cli.close();
});

describe('Validation of command arguments', () => {
  test('A duration needs a unit and must be positive where zero would do nothing', async () => {
    const key = ['api-keys', 'create', '--name', 'k', '--api', 'https://orders.example'];
    for (const [words, said] of [
      [[...key, '--expires', '90'], /--expires .*with a unit.*90d/],
      [[...key, '--expires', '0'], /--expires/],
      [['clients', 'rotate-secret', 'job', '--overlap', '24'], /--overlap .*with a unit/],
      [['clients', 'initial-access-token', '--expires', '7'], /--expires .*with a unit/],
      [['clients', 'initial-access-token', '--expires', '0s'], /--expires/],
    ] as const) {
      const { code, stderr } = await cli.run([...words]);
      assert.equal(code, 2, words.join(' '));
      assert.match(stderr, said);
    }
  });

  test('An unknown client member is refused, and so is a change that changes nothing', async () => {
    const path = join(cli.folder, 'misspelt.json');
    await writeFile(path, '{"redirect_uri": ["https://app.example"]}');
    for (const [words, said] of [
      [['--unset', 'nope'], /unknown client member nope/],
      [['--unset', 'logo_url'], /did you mean logo_uri/],
      [['--metadata', path], /did you mean redirect_uris/],
      [[], /name at least one change/],
    ] as const) {
      const { code, stderr } = await cli.run(['clients', 'update', 'job', ...words]);
      assert.equal(code, 2, words.join(' '));
      assert.match(stderr, said);
    }
    assert.equal((await cli.run(['users', 'update', 'alice'])).code, 2);
  });

  test('A hash is refused as a password, and a claim must have its standard type', async () => {
    for (const input of ['$2b$12$abcdefghijklmnopqrstuv', '{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=']) {
      const { code, stderr } = await cli.run(['users', 'create', 'hashed'], { input });
      assert.equal(code, 2);
      assert.match(stderr, /is a hash, not a password/);
    }
    const input = '{"phone_number_verified": "true"}';
    const words = ['users', 'update', 'alice', '--claims', '-'];
    const { code, stderr } = await cli.run(words, { input });
    assert.equal(code, 2);
    assert.match(stderr, /phone_number_verified must be true or false/);
  });
});

describe('Commands and the declarative file', () => {
  test('A command says which of its changes the next start will undo, in JSON too', async () => {
    const input = 'a password by command';
    const changed = await cli.json(['users', 'set-password', 'alice'], { input });
    assert.match(changed.warnings[0], /next start restores it/);
    const updated = await cli.run(['users', 'update', 'alice', '--role', 'x']);
    assert.match(updated.stderr, /Warning: .*next start restores its values/);
    assert.equal((await cli.json(['users', 'list']))[0].declared, 'yes');
    const rotated = await cli.run(['clients', 'rotate-secret', 'job']);
    assert.match(rotated.stdout, /stays valid until .*--overlap 0/);
    const { stderr } = await cli.run(['revoke', 'client', 'job']);
    assert.match(stderr, /2 secrets stay valid: .*does not expire.*valid until.*--overlap 0/s);
    const deleted = await cli.json(['clients', 'delete', 'job']);
    assert.match(deleted.warnings[0], /next start creates it again/);
    const missing = await cli.run(['clients', 'show', 'job']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /Not applied yet/);
  });

  test('A list marks the records that were removed from the declarative file', async () => {
    const env = { CARDEA_CONFIG: join(cli.folder, 'empty.yaml') };
    await writeFile(env.CARDEA_CONFIG, '{}');
    const [alice] = JSON.parse((await cli.run(['users', 'list', '--json'], { env })).stdout);
    assert.equal(alice.declared, 'no_longer');
  });
});

describe('Configuration check before a start', () => {
  const problemsOf = async (file: string, words: string[] = []) => {
    const path = join(cli.folder, 'checked.yaml');
    await writeFile(path, file);
    const { code, stdout, stderr } = await cli.run(['check', '--json', ...words], {
      env: { CARDEA_CONFIG: path },
    });
    const { problems = [], ...result } = JSON.parse(stdout);
    assert.equal(code, problems.length > 0 ? 1 : 0, stderr);
    return { ...result, places: problems.map(({ where }: { where: string }) => where) };
  };

  test('The check command reports ambiguous names, unusable passwords and secrets, and mistyped claims', async () => {
    const { places } = await problemsOf(`
users:
  - { username: alice, email: bob@example.com }
  - { username: bob@example.com }
  - { username: "al\\u200bice" }
  - { username: carl, password: "\\u1100\\u1161\\u1100\\u1161\\u1100\\u1161\\u1100\\u1161" }
  - { username: dora, password_hash: "$argon2id$v=19$m=9000000,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA" }
`);
    assert.deepEqual(places, [
      ...['users[1].username', 'users[2].username', 'users[3].password', 'users[4].password_hash'],
    ]);
    const { places: shapes } = await problemsOf(`
users:
  - { username: erna, password: "$2b$12$KIXQ4S8Zf0c1r1sWjvVvIuN9n3m" }
  - { username: fred, claims: { phone_number_verified: "true", address: { city: Bonn }, name: 7, website: here, birthdate: 1.1.1990 } }
clients:
  - { client_id: one, client_secret: "ein Geheimnis für alle, die es wissen müssen", grant_types: [] }
  - { client_id: two, client_secret: "$pbkdf2-sha256$29000$abcdefghijklmnop$qrstuvwxyz", grant_types: [] }
`);
    assert.deepEqual(
      shapes.toSorted(),
      [
        'clients[0].client_secret',
        'clients[1].client_secret',
        ...['address', 'birthdate', 'name', 'phone_number_verified', 'website'].map(
          (claim) => `users[1].claims.${claim}`,
        ),
        'users[0].password',
      ].toSorted(),
    );
  });

  test('The check command names the kinds of password hashes that are accepted, and refuses those that cost too much', async () => {
    const path = join(cli.folder, 'hashes.yaml');
    await writeFile(
      path,
      `
users:
  - { username: gina, password_hash: 5f4dcc3b5aa765d61d8327deb882cf99 }
  - { username: hugo, password_hash: "$2b$10$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy" }
`,
    );
    const { code, stdout } = await cli.run(['check'], { env: { CARDEA_CONFIG: path } });
    assert.equal(code, 1);
    assert.match(stdout, /users\[0\]\.password_hash .*\n.*argon2id.*bcrypt.*scrypt.*PBKDF2/);
    assert.doesNotMatch(stdout, /users\[1\]|5f4dcc3b/);
    const costly = '"$2b$17$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy"';
    const { places } = await problemsOf(`users: [{ username: ida, password_hash: ${costly} }]`);
    assert.deepEqual(places, ['users[0].password_hash']);
  });

  test('The check command reports templates that do not compile and a certificate file without a certificate', async () => {
    await writeFile(join(cli.folder, 'broken.eta'), '<% if (');
    await writeFile(join(cli.folder, 'no.pem'), 'nothing');
    const { places } = await problemsOf('pages: { templates: . }\noutbound: { ca: no.pem }');
    assert.deepEqual(places, ['pages', 'outbound.ca']);
  });

  test('The check command mentions an unreleased claim without failing', async () => {
    const { ok, warnings } = await problemsOf('users: [{ username: g, claims: { groups: [a] } }]');
    assert.equal(ok, true);
    assert.deepEqual(
      warnings.map(({ where }: { where: string }) => where),
      ['users[0].claims.groups'],
    );
  });

  test('The check command with --store also reports problems in the store, and creates nothing', async () => {
    const store = await openStore({ url: cli.env.CARDEA_STORE ?? '' });
    const version = (await store.users.findByUsername('alice'))?.version;
    const same = await problemsOf('{}', ['--store']);
    assert.equal(same.ok, true);
    const taken = 'users: [{ username: zed, email: alice@example.com }]';
    assert.deepEqual((await problemsOf(taken, ['--store'])).places, ['users[0].email']);
    const other = 'users: [{ username: alice, subject: another }]';
    assert.deepEqual((await problemsOf(other, ['--store'])).places, ['users[0].subject']);
    const { id } = (await store.users.findByUsername('alice')) ?? {};
    const theirs = `users: [{ username: zed, subject: "${id}" }]`;
    assert.deepEqual((await problemsOf(theirs, ['--store'])).places, ['users[0].subject']);
    assert.equal((await store.users.findByUsername('alice'))?.version, version);
    await store.close();
    const check = async (env: Record<string, string>) =>
      (await cli.run(['check', '--store'], { env })).stdout;
    assert.match(
      await check({ CARDEA_ISSUER: 'https://other.example' }),
      /belongs to https:\/\/id/,
    );
    const secret = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString(
      'base64url',
    );
    assert.match(
      await check({ CARDEA_SECRET: secret }),
      /CARDEA_SECRET does not open.*Add the secret that sealed them/s,
    );
    const gone = `mongodb://somebody:hidden@127.0.0.1:${await freePort()}/cardea`;
    const remedy =
      /The store mongodb:\/\/127\.0\.0\.1:\d+\/cardea cannot be reached\. Start it, or check CARDEA_STORE\./;
    assert.match(await check({ CARDEA_STORE: gone }), remedy);
    const listed = await cli.run(['users', 'list'], { env: { CARDEA_STORE: gone } });
    assert.match(listed.stderr, remedy);
    assert.doesNotMatch(listed.stderr, /hidden/);
    const file = join(cli.folder, 'cardea.yaml');
    assert.match(await check({ CARDEA_STORE: `sqlite:${file}` }), /CARDEA_STORE cannot be used/);
    assert.match(await check({ CARDEA_STORE: `sqlite:${cli.folder}/new.db` }), /^OK/);
  });
});
