/**
 * Commands about clients and users against a store, and what they mean to the server that runs on it.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type CommandLine,
  createCommandLine,
  type ServerOfCommands,
  startServerOf,
} from './support.ts';

type AuditEvent = { type: string; details?: { reason?: string } };
const typeOf = ({ type }: AuditEvent) => type;

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

const forJobs = [
  ...['--grant-type', 'client_credentials', '--scope', 'orders:read'],
  ...['--api', 'https://orders.example'],
];

describe('Client commands', () => {
  test('A created client gets tokens with the displayed secret, and no other command shows that secret', async () => {
    const created = await cli.json(['clients', 'create', '--id', 'new-job', ...forJobs]);
    assert.equal((await server.tokenFor('new-job', created.client_secret)).status, 200);
    const shown = await cli.run(['clients', 'show', 'new-job', '--json']);
    assert.ok(!shown.stdout.includes(created.client_secret));
    assert.equal(JSON.parse(shown.stdout).secrets.length, 1);
  });

  test('A client and a user are shown as YAML without secrets, which the file takes from variables', async () => {
    await cli.json(['clients', 'create', '--id', 'yaml-job', ...forJobs]);
    const client = await cli.run(['clients', 'show', 'yaml-job', '--yaml']);
    assert.match(
      client.stdout,
      /^clients:\n {2}- client_id: yaml-job\n {4}client_secret: \$\{YAML_JOB_SECRET\}\n/,
    );
    await cli.json(['users', 'create', 'yaml-user', '--no-password', '--role', 'admin']);
    const user = await cli.run(['users', 'show', 'yaml-user', '--yaml']);
    assert.match(
      user.stdout,
      /^# The password is not shown.*\n\nusers:\n {2}- username: yaml-user\n {4}roles:\n {6}- admin\n {4}subject: [\w-]+\n$/,
    );
    assert.equal((await cli.run(['users', 'show', 'yaml-user', '--yaml', '--json'])).code, 2);
  });

  test('Client metadata that breaks a rule is refused with the rule', async () => {
    const words = ['clients', 'create', '--public', '--redirect-uri', 'http://shop.example/cb'];
    const { code, stderr } = await cli.run(words);
    assert.equal(code, 1);
    assert.match(stderr, /redirect_uris\[0\] is plain http/);
  });

  test('Client metadata is read from a file or stdin, and may contain neither an id nor a secret', async () => {
    const path = join(cli.folder, 'client.json');
    await writeFile(path, JSON.stringify({ grant_types: [], client_name: 'From a file' }));
    const created = await cli.json(['clients', 'create', '--metadata', path]);
    assert.equal(created.metadata.client_name, 'From a file');
    const input = JSON.stringify({ client_name: 'From stdin' });
    const words = ['clients', 'update', created.client_id, '--metadata', '-'];
    const updated = await cli.json(words, { input });
    assert.equal(updated.metadata.client_name, 'From stdin');
    for (const member of ['client_id', 'client_secret']) {
      const { code } = await cli.run(words, { input: JSON.stringify({ [member]: 'x' }) });
      assert.equal(code, 2);
    }
  });

  test('A rotated client secret works at once, and the old one during the overlap only', async () => {
    const { client_secret: first } = await cli.json(['clients', 'create', '--id', 'r', ...forJobs]);
    const rotate = ['clients', 'rotate-secret', 'r'];
    const { client_secret: second } = await cli.json(rotate);
    assert.equal((await server.tokenFor('r', first)).status, 200);
    assert.equal((await server.tokenFor('r', second)).status, 200);
    const { client_secret: third } = await cli.json([...rotate, '--overlap', '0']);
    assert.equal((await server.tokenFor('r', second)).status, 401);
    assert.equal((await server.tokenFor('r', third)).status, 200);
  });

  test('A rotated secret of a declared client outlives a restart, and the command says so', async () => {
    const { stdout, stderr } = await cli.run(['clients', 'rotate-secret', 'job', '--json']);
    assert.match(stderr, /put the new secret there/);
    assert.doesNotMatch(stderr, /values come back/);
    const restarted = await startServerOf(cli);
    const { client_secret: secret } = JSON.parse(stdout);
    const { status } = await restarted.tokenFor('job', secret);
    await restarted.close();
    assert.equal(status, 200);
  });

  test('A disabled client gets no tokens, its old ones end, and enabling lets it in again', async () => {
    const { client_secret: secret } = await cli.json([
      'clients',
      'create',
      '--id',
      'd',
      ...forJobs,
    ]);
    const token = await server.accessTokenFor('d', secret);
    await cli.json(['clients', 'disable', 'd']);
    assert.equal((await server.tokenFor('d', secret)).status, 401);
    assert.equal((await cli.run(['inspect', token])).code, 1);
    await cli.json(['clients', 'enable', 'd']);
    assert.equal((await server.tokenFor('d', secret)).status, 200);
    assert.equal((await cli.run(['inspect', token])).code, 1);
  });

  test('A deleted client is gone with its tokens', async () => {
    const { client_secret: secret } = await cli.json([
      'clients',
      'create',
      '--id',
      'x',
      ...forJobs,
    ]);
    const token = await server.accessTokenFor('x', secret);
    await cli.json(['clients', 'delete', 'x']);
    assert.equal((await server.tokenFor('x', secret)).status, 401);
    assert.equal((await cli.run(['inspect', token])).code, 1);
    assert.equal((await cli.run(['clients', 'delete', 'x'])).code, 1);
  });

  test('The list command pages through all clients', async () => {
    const all = await cli.json(['clients', 'list']);
    const first = await cli.run(['clients', 'list', '--limit', '2', '--json']);
    assert.deepEqual(JSON.parse(first.stdout), all.slice(0, 2));
    const after = /--after (\S+)/.exec(first.stderr)?.[1] ?? '';
    assert.deepEqual(await cli.json(['clients', 'list', '--after', after]), all.slice(2));
  });
});

describe('Initial access tokens', () => {
  test('An initial access token registers clients until it expires or is revoked', async () => {
    const { initial_access_token: token, expires_at } = await cli.json([
      ...['clients', 'initial-access-token', '--expires', '1h'],
    ]);
    assert.ok(Date.parse(expires_at) > 0);
    const register = () =>
      fetch(`${server.url}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['https://app.example/callback'] }),
      });
    assert.equal((await register()).status, 201);
    await cli.json(['revoke', 'token'], { input: token });
    assert.equal((await register()).status, 401);
  });
});

describe('User commands', () => {
  test('A password is read from stdin or a file and is never shown', async () => {
    const input = 'a long password\n';
    const created = await cli.run(['users', 'create', 'bob', '--json'], { input });
    assert.equal(created.code, 0, created.stderr);
    assert.equal(JSON.parse(created.stdout).has_password, true);
    assert.doesNotMatch(created.stdout, /argon2|a long password/);
    const path = join(cli.folder, 'password');
    await writeFile(path, 'another long password');
    await cli.json(['users', 'set-password', 'bob', '--password-file', path]);
  });

  test('Without a terminal or a password the command fails instead of prompting', async () => {
    const { code, stderr } = await cli.run(['users', 'create', 'nobody']);
    assert.equal(code, 2);
    assert.match(stderr, /--password-file/);
    assert.equal((await cli.run(['users', 'show', 'nobody'])).code, 1);
  });

  test('A user is found by username, email and id, and keeps every field that was not changed', async () => {
    const words = ['users', 'create', 'carol', '--no-password', '--email', 'Carol@Example.com'];
    const created = await cli.json([...words, '--role', 'admin', 'staff']);
    assert.equal(created.has_password, false);
    for (const name of ['CAROL', 'carol@example.com', created.id]) {
      assert.equal((await cli.json(['users', 'show', name])).id, created.id);
    }
    const updated = await cli.json(['users', 'update', 'carol', '--email-verified']);
    assert.deepEqual(updated.roles, ['admin', 'staff']);
    assert.equal(updated.email_verified, true);
    const without = await cli.json(['users', 'update', 'carol', '--no-email']);
    assert.equal(without.email, undefined);
  });

  test('A username or email that is taken is refused', async () => {
    const { code, stderr } = await cli.run(['users', 'create', 'ALICE', '--no-password']);
    assert.equal(code, 1);
    assert.match(stderr, /already exists/);
  });

  test('A user is disabled, enabled and deleted', async () => {
    await cli.json(['users', 'create', 'dora', '--no-password']);
    assert.ok((await cli.json(['users', 'disable', 'dora'])).disabled_at);
    assert.equal((await cli.json(['users', 'enable', 'dora'])).disabled_at, undefined);
    await cli.json(['users', 'delete', 'dora']);
    assert.equal((await cli.run(['users', 'show', 'dora'])).code, 1);
  });
});

describe('A lost phone on the command line', () => {
  test('A link is printed once, listed, and withdrawn; second factors are counted and removed', async () => {
    const path = join(cli.folder, 'password-of-hugo');
    await writeFile(path, 'larches-and-lemons-4');
    await cli.json(['users', 'create', 'hugo', '--password-file', path]);
    const { id, url } = await cli.json(['users', 'setup-link', 'hugo']);
    assert.match(url, /\/account\/second-factor#/);
    const listed = await cli.run(['users', 'setup-links', 'hugo']);
    assert.ok(listed.stdout.includes(id) && !listed.stdout.includes(url.split('#')[1]));
    await cli.json(['users', 'withdraw-setup-link', 'hugo', id]);
    assert.deepEqual(await cli.json(['users', 'setup-links', 'hugo']), []);
    assert.equal((await cli.run(['users', 'withdraw-setup-link', 'hugo', id])).code, 1);
    const factors = await cli.json(['users', 'second-factors', 'hugo']);
    assert.deepEqual([factors.authenticator_apps, factors.passkeys], [0, 0]);
    await cli.json(['users', 'remove-second-factors', 'hugo', '--yes']);
  });
});

describe('Invitations on the command line', () => {
  test('One is sent, listed without its link, and withdrawn; without a registration there is none', async () => {
    const address = 'ines@mail.example';
    const refused = await cli.run(['users', 'invite', address]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /registration\.mode/);
    const file = join(cli.folder, 'with_registration.yaml');
    const policy = 'registration: { mode: invitation }';
    const mail = 'mail: { from: id@id.example, smtp: { url: "smtp://127.0.0.1:2525" } }';
    await writeFile(
      file,
      `${await readFile(join(cli.folder, 'cardea.yaml'), 'utf8')}${policy}\n${mail}\n`,
    );
    const json = async (...words: string[]) => {
      const { code, stdout, stderr } = await cli.run([...words, '--json'], {
        env: { CARDEA_CONFIG: file },
      });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const made = await json('users', 'invite', address, '--group', 'dev', '--role', 'editor');
    assert.deepEqual(
      [made.email, made.groups, made.roles, made.created_by],
      [address, ['dev'], ['editor'], 'operator'],
    );
    assert.deepEqual(await json('users', 'invitations'), [made]);
    await json('users', 'withdraw-invitation', made.id);
    assert.deepEqual(await json('users', 'invitations'), []);
    await writeFile(file, policy);
    const withoutMail = await cli.run(['check'], { env: { CARDEA_CONFIG: file } });
    assert.match(
      withoutMail.stderr + withoutMail.stdout,
      /registration\.mode.*no mail can be sent/s,
    );
  });
});

describe('Revocation by user and client commands', () => {
  const revocations = async (type: string) => {
    const events = await cli.json(['audit', 'list', '--type', type, '--limit', '100']);
    return events.map(({ details }: AuditEvent) => details?.reason).reverse();
  };

  test('A change that takes rights away revokes tokens as a kill switch does, with the command in the audit trail', async () => {
    const path = join(cli.folder, 'new-password');
    await writeFile(path, 'yet another long password');
    await cli.json(['users', 'create', 'frank', '--no-password']);
    await cli.json(['users', 'set-password', 'frank', '--password-file', path]);
    await cli.json(['users', 'disable', 'frank']);
    await cli.json(['users', 'delete', 'frank']);
    const ofUsers = (await revocations('revocation.user')).slice(-3);
    assert.deepEqual(ofUsers, ['user.password_changed', 'user.disabled', 'user.deleted']);
    await cli.json(['clients', 'create', '--id', 'f', ...forJobs]);
    await cli.json(['clients', 'disable', 'f']);
    await cli.json(['clients', 'delete', 'f']);
    const ofClients = (await revocations('revocation.client')).slice(-2);
    assert.deepEqual(ofClients, ['client.disabled', 'client.deleted']);
  });

  test('A refused change revokes nothing', async () => {
    await cli.json(['users', 'create', 'grace', '--no-password']);
    const all = async () => [
      await revocations('revocation.user'),
      await revocations('revocation.client'),
    ];
    const before = await all();
    const input = 'short\n';
    assert.equal((await cli.run(['users', 'set-password', 'grace'], { input })).code, 1);
    for (const command of ['disable', 'delete']) {
      assert.equal((await cli.run(['users', command, 'nobody'])).code, 1);
      assert.equal((await cli.run(['clients', command, 'nobody'])).code, 1);
    }
    assert.deepEqual(await all(), before);
  });
});

describe('Audit commands', () => {
  test("The audit command lists operators' actions, newest first, with filters", async () => {
    await cli.json(['users', 'create', 'erin', '--no-password']);
    await cli.json(['users', 'delete', 'erin']);
    const events = await cli.json(['audit', 'list', '--limit', '3']);
    assert.deepEqual(events.map(typeOf).sort(), [
      ...['revocation.user', 'user.created', 'user.deleted'],
    ]);
    const deleted = events.find((event: AuditEvent) => event.type === 'user.deleted');
    assert.equal(deleted.actor, 'operator');
    const about = await cli.json(['audit', 'list', '--user', deleted.user_id]);
    assert.equal(about.length, 3);
    const rotated = await cli.json(['audit', 'list', '--type', 'client.secret_rotated']);
    assert.ok(rotated.length >= 2);
  });
});
