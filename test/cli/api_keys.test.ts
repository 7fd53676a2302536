/**
 * `cardea api-keys` and `cardea projects`, as a person and as a script run them.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseKey } from '../../src/api_keys/model/key_format.ts';
import { openStore } from '../../src/storage/open.ts';
import { type CommandLine, createCommandLine } from './support.ts';

const api = 'https://orders.example';
let cli: CommandLine;

before(async () => {
  cli = await createCommandLine();
  await writeFile(
    join(cli.folder, 'cardea.yaml'),
    `
apis: [{ identifier: "${api}", name: Orders, scopes: { "orders:read": See, "orders:write": Change } }]
api_keys: { prefix: acme, tiers: { free: { requests_per_minute: 10 } } }
`,
  );
});
after(() => cli.close());

const create = ['api-keys', 'create', '--name', 'ci', '--api', api, '--scope', 'orders:read'];

describe('cardea api-keys', () => {
  test('The create command shows the API key once, and no other command shows it', async () => {
    await cli.json(['users', 'create', 'alice', '--no-password']);
    const words = ['--user', 'alice', '--env', 'test', '--expires', '90d', '--tier', 'free'];
    const created = await cli.json([...create, ...words, '--allow-ip', '10.0.0.0/8', 'fd00::/8']);
    assert.deepEqual(Object.keys(created).slice(0, 2), ['id', 'key']);
    assert.deepEqual(parseKey(created.key), {
      ...{ prefix: 'acme', environment: 'test', isChecksumRight: true },
    });
    assert.deepEqual(created.allow_ips, ['10.0.0.0/8', 'fd00::/8']);
    const lifetime = Date.parse(created.expires_at) - Date.parse(created.created_at);
    // Less what is over a whole second.
    assert.equal(Math.ceil(lifetime / 1000), 90 * 86_400);
    const { key, ...rest } = created;
    assert.deepEqual(await cli.json(['api-keys', 'show', created.id]), rest);
    assert.deepEqual(await cli.json(['api-keys', 'show', '-'], { input: key }), rest);
    for (const words of [
      ['api-keys', 'list'],
      ['audit', 'list', '--json'],
    ]) {
      const { stdout, code } = await cli.run(words);
      assert.equal(code, 0);
      assert.ok(stdout.includes(created.id.slice(0, 20)) && !stdout.includes(key));
    }
  });

  test('The inspect command describes an API key and its state without showing it', async () => {
    const { id, key } = await cli.json(create);
    const good = await cli.run(['inspect', '-', '--json'], { input: key });
    const inspection = JSON.parse(good.stdout);
    assert.deepEqual([good.code, inspection.valid, inspection.claims.id], [0, true, id]);
    assert.ok(!good.stdout.includes(key));
    const mistyped = await cli.run(['inspect', '-'], { input: `${key.slice(0, -1)}~` });
    assert.equal(mistyped.code, 1);
    const swapped = key.endsWith('0') ? `${key.slice(0, -1)}1` : `${key.slice(0, -1)}0`;
    const cut = await cli.run(['inspect', '-'], { input: swapped });
    assert.match(cut.stdout, /NO\s+The checksum is wrong/);
    await cli.json(['api-keys', 'revoke', id]);
    const dead = await cli.run(['inspect', '-'], { input: key });
    assert.equal(dead.code, 1);
    assert.match(dead.stdout, /NO\s+It was revoked/);
  });

  test('The inspect command does not call an API key valid when its project or user is disabled or gone', async () => {
    await cli.json(['projects', 'create', '--name', 'inspected', '--api', api]);
    await cli.json(['users', 'create', 'carol', '--no-password']);
    const owners = [
      ['project', 'inspected', 'projects'],
      ['user', 'carol', 'users'],
    ] as const;
    for (const [kind, name, command] of owners) {
      const { key } = await cli.json([...create, `--${kind}`, name]);
      const inspect = () => cli.run(['inspect', '-'], { input: key });
      assert.equal((await inspect()).code, 0, kind);
      await cli.run([command, 'disable', name]);
      const disabled = await inspect();
      assert.equal(disabled.code, 1, kind);
      assert.match(disabled.stdout, /NO\s+Its (project|user) is disabled/);
    }
    await cli.json(['users', 'create', 'dave', '--no-password']);
    const { key } = await cli.json([...create, '--user', 'dave']);
    await cli.run(['users', 'delete', 'dave']);
    const orphan = await cli.run(['inspect', '-'], { input: key });
    assert.match(orphan.stdout, /NO\s+Its user was deleted/);
  });

  test('The list and show commands name the disabled project or user that makes an API key refused', async () => {
    await cli.json(['projects', 'create', '--name', 'listed', '--api', api]);
    await cli.json(['users', 'create', 'erin', '--no-password']);
    for (const [kind, name] of [
      ['project', 'listed'],
      ['user', 'erin'],
    ] as const) {
      const { id } = await cli.json([...create, `--${kind}`, name]);
      const states = async () => {
        const shown = await cli.json(['api-keys', 'show', id]);
        const [listed] = await cli.json(['api-keys', 'list', `--${kind}`, name]);
        assert.deepEqual(shown, listed);
        const text = (await cli.run(['api-keys', 'list', `--${kind}`, name])).stdout;
        return [shown.state, shown.disabled_by, /disabled \(\w+\)/.exec(text)?.[0]];
      };
      assert.deepEqual(await states(), ['active', undefined, undefined]);
      await cli.run([`${kind}s`, 'disable', name, '--yes']);
      assert.deepEqual(await states(), ['disabled', kind, `disabled (${kind})`]);
      const { stdout } = await cli.run(['api-keys', 'enable', id]);
      assert.equal(stdout, `Enabled, but refused: disabled (${kind}).\n`);
      await cli.run([`${kind}s`, 'enable', name]);
      assert.deepEqual(await states(), ['active', undefined, undefined]);
      await cli.json(['api-keys', 'disable', id]);
      assert.deepEqual(await states(), ['disabled', 'key', undefined]);
    }
  });

  test('One command revokes all API keys of a project or user and prints their number', async () => {
    await cli.json(['projects', 'create', '--name', 'ended', '--api', api]);
    await cli.json(['users', 'create', 'frank', '--no-password']);
    for (const [kind, name, words] of [
      ['project', 'ended', ['revoke', 'project', 'ended']],
      ['user', 'frank', ['revoke', 'user', 'frank', '--keys']],
    ] as const) {
      for (const _ of [1, 2]) await cli.json([...create, `--${kind}`, name]);
      if (kind === 'user') {
        assert.equal((await cli.json(['revoke', 'user', name, '--yes'])).api_keys, 0);
      }
      const outcome = await cli.json([...words, '--yes', '--reason', 'laptop stolen']);
      assert.deepEqual([outcome.revoked, outcome.api_keys], [true, 2]);
      const keys = await cli.json(['api-keys', 'list', `--${kind}`, name]);
      assert.deepEqual(
        keys.map(({ state }: { state: string }) => state),
        ['revoked', 'revoked'],
      );
      const [event] = await cli.json(['audit', 'list', '--type', `revocation.${kind}`]);
      assert.deepEqual([event.details.api_keys, event.details.reason], [2, 'laptop stolen']);
    }
    assert.equal((await cli.run(['revoke', 'project', 'nobody', '--yes'])).code, 1);
  });

  test('The create command tells people that the API key is shown only once', async () => {
    const { stdout, stderr, code } = await cli.run(create);
    assert.equal(code, 0);
    assert.match(stderr, /^Issuer \S+, store \S+\n$/);
    assert.match(stdout, /\nacme_live_\w{38}\n\(the API key; shown only once\)\n$/);
  });

  test("An API key created without an owner belongs to the API's own project", async () => {
    const [first, second] = [await cli.json(create), await cli.json(create)];
    assert.equal(first.project_id, second.project_id);
    assert.equal((await cli.json(['projects', 'show', api])).id, first.project_id);
  });

  test('Repeating create with the same --idempotency-key makes one API key', async () => {
    const words = [...create, '--idempotency-key', 'run-1'];
    assert.deepEqual(await cli.json(words), await cli.json(words));
    const { code, stderr } = await cli.run([...words, '--tier', 'free', '--json']);
    assert.equal(code, 1);
    assert.equal(JSON.parse(stderr).error.code, 'idempotency_key_reused');
  });

  test('An explicit --expires never creates an API key without an expiry where that is allowed', async () => {
    const policy = 'api_keys: { default_expiry: 30d }';
    const file = join(cli.folder, 'expiry.yaml');
    const env = { CARDEA_CONFIG: file };
    const declare = (rule: string) =>
      writeFile(
        file,
        `apis: [{ identifier: "${api}", name: Orders, scopes: { "orders:read": See } }]\n${rule}`,
      );
    await declare(policy);
    const usual = await cli.run([...create, '--json'], { env });
    const { id, expires_at } = JSON.parse(usual.stdout);
    assert.ok(expires_at);
    const endless = await cli.run([...create, '--expires', 'never', '--json'], { env });
    assert.equal(JSON.parse(endless.stdout).expires_at, undefined);
    const update = ['api-keys', 'update', id, '--expires', 'never', '--json'];
    await declare('api_keys: { max_expiry: 365d }');
    for (const words of [[...create, '--expires', 'never'], update]) {
      const { code, stderr } = await cli.run(words, { env });
      assert.equal(code, 1);
      assert.match(stderr, /keys may live for at most 365d/);
    }
    const long = await cli.run([...create, '--expires', '400d'], { env });
    assert.match(long.stderr, /is more than 365d after creation/);
    await declare(policy);
    const updated = await cli.run(update, { env });
    assert.equal(JSON.parse(updated.stdout).expires_at, undefined);
  });

  test("An API key of a project is for the project's API without --api", async () => {
    await cli.json(['projects', 'create', '--name', 'dashboard', '--api', api]);
    const words = ['api-keys', 'create', '--name', 'ci'];
    const key = await cli.json([...words, '--project', 'dashboard']);
    assert.equal(key.api, api);
    const { code, stderr } = await cli.run(words);
    assert.equal(code, 2);
    assert.match(stderr, /give --api, or a --project of it/);
  });

  test('An impossible request exits with 1, and wrong usage with 2', async () => {
    for (const words of [
      [...create, '--scope', 'orders:admin'],
      [...create, '--project', 'nobody'],
      [...create, '--user', 'nobody'],
      [...create, '--tier', 'gold'],
      [...create, '--allow-ip', 'everywhere'],
      [...create, '--env', 'prod'],
      ['api-keys', 'show', 'nothing'],
      ['api-keys', 'rotate', 'nothing'],
      ['api-keys', 'revoke', 'nothing'],
      ['revoke', 'api-key', 'nothing'],
    ]) {
      assert.equal((await cli.run(words)).code, 1, words.join(' '));
    }
    for (const words of [
      create.slice(0, 4),
      [...create, '--expires', 'soon'],
      [...create, '--expires', '0'],
      [...create, '--project', 'x', '--user', 'y'],
      [...create, '--metadata', 'x'],
      ['api-keys', 'update', 'nothing'],
      ['api-keys', 'usage', '--from', '2031-02-30'],
      ['api-keys', 'usage', '--from', '2031-02-02', '--to', '2031-02-01'],
    ]) {
      assert.equal((await cli.run(words)).code, 2, words.join(' '));
    }
  });

  test('The update, rotate, disable, enable and revoke commands each change an API key as documented', async () => {
    const { id } = await cli.json([...create, '--metadata', 'team=a=b', '--tier', 'free']);
    const words = ['--name', 'other', '--no-tier', '--requests-per-minute', '7'];
    const updated = await cli.json(['api-keys', 'update', id, ...words]);
    assert.deepEqual(
      [updated.name, updated.tier, updated.limits, updated.metadata],
      ['other', undefined, { requests_per_minute: 7 }, { team: 'a=b' }],
    );
    assert.equal((await cli.json(['api-keys', 'disable', id])).state, 'disabled');
    assert.equal((await cli.json(['api-keys', 'enable', id])).state, 'active');
    const rotated = await cli.json(['api-keys', 'rotate', id, '--overlap', '1h']);
    assert.equal(rotated.replaces.id, id);
    assert.equal(rotated.name, 'other');
    const old = await cli.json(['api-keys', 'show', id]);
    assert.deepEqual([old.state, old.replaced_by], ['active', rotated.id]);
    const again = await cli.run(['api-keys', 'rotate', id]);
    assert.equal(again.code, 1);
    for (const command of [
      ['revoke', 'api-key', id],
      ['api-keys', 'revoke', rotated.id, '--reason', 'lost'],
    ]) {
      const outcome = await cli.json(command);
      assert.deepEqual([outcome.revoked, outcome.effective_within], [true, 2]);
    }
    assert.equal((await cli.json(['api-keys', 'show', id])).state, 'revoked');
    const [event] = await cli.json(['audit', 'list', '--type', 'revocation.api_key']);
    assert.deepEqual([event.details.key_id, event.details.reason], [rotated.id, 'lost']);
  });

  test('The usage command prints usage by day, as JSON and as CSV', async () => {
    const store = await openStore({ url: cli.env.CARDEA_STORE ?? '' });
    const counts = { allowed: 3, limited: 2, denied: 1 };
    const row = { keyId: 'key_1', projectId: '', api: 'https://a.example/?x="a,b"', ...counts };
    await store.usage.add([
      { day: '2031-05-03', ...row },
      { day: '2031-05-04', ...row },
    ]);
    await store.close();
    const words = ['api-keys', 'usage', '--to', '2031-05-04'];
    const rows = await cli.json(words);
    assert.deepEqual(rows[0], { day: '2031-05-03', key_id: 'key_1', api: row.api, ...counts });
    const { stdout } = await cli.run([...words, '--from', '2031-05-04', '--csv']);
    const lines = [
      'day,key_id,project_id,api,allowed,limited,denied',
      '2031-05-04,key_1,,"https://a.example/?x=""a,b""",3,2,1',
    ];
    assert.equal(stdout, `${lines.join('\r\n')}\r\n`);
  });

  test('Usage of an unknown API is an error, and usage of an API removed from the file is shown', async () => {
    const mistyped = await cli.run(['api-keys', 'usage', '--api', 'https://order.example']);
    assert.equal(mistyped.code, 1);
    assert.match(mistyped.stderr, /No such API/);
    const gone = ['--to', '2031-05-04', '--api', 'https://a.example/?x="a,b"'];
    assert.equal((await cli.json(['api-keys', 'usage', ...gone])).length, 2);
    assert.deepEqual(await cli.json(['api-keys', 'usage', '--to', '2030-01-01', '--api', api]), []);
  });

  test('Usage of an API key covers its whole rotation chain by day, and no other key', async () => {
    const { id } = await cli.json(create);
    const successor = await cli.json(['api-keys', 'rotate', id, '--overlap', '1h']);
    const other = await cli.json(create);
    const store = await openStore({ url: cli.env.CARDEA_STORE ?? '' });
    const row = { projectId: '', api, allowed: 1, limited: 0, denied: 0 };
    await store.usage.add(
      ['2031-06-01', '2031-06-02'].flatMap((day) =>
        [id, successor.id, other.id].map((keyId) => ({ ...row, day, keyId })),
      ),
    );
    await store.close();
    for (const key of [id, successor.id]) {
      const rows = await cli.json(['api-keys', 'usage', '--to', '2031-06-02', '--key', key]);
      const days = rows.map(({ day }: { day: string }) => day);
      assert.deepEqual(days, ['2031-06-01', '2031-06-01', '2031-06-02', '2031-06-02']);
      const ids = rows.map(({ key_id }: { key_id: string }) => key_id);
      assert.deepEqual(new Set(ids), new Set([id, successor.id]));
    }
  });

  test('The printed pattern finds an API key in a text', async () => {
    const { stdout } = await cli.run(['api-keys', 'pattern']);
    const { key } = await cli.json(create);
    assert.equal(new RegExp(stdout.trim()).exec(`token: "${key}"`)?.[0], key);
  });
});

describe('cardea projects', () => {
  test('A project is created, shown, changed, disabled, enabled, and deleted once its API keys have ended', async () => {
    const words = ['--name', 'Team', '--api', api, '--scope', 'orders:read', '--member', 'alice'];
    const created = await cli.json(['projects', 'create', ...words]);
    assert.deepEqual([created.scopes, created.member_ids.length], [['orders:read'], 1]);
    const updated = await cli.json(['projects', 'update', 'Team', '--no-scope', '--tier', 'free']);
    assert.deepEqual([updated.scopes, updated.tier], [undefined, 'free']);
    assert.ok((await cli.json(['projects', 'disable', 'Team'])).disabled_at);
    assert.equal((await cli.run([...create, '--project', 'Team'])).code, 1);
    assert.equal((await cli.json(['projects', 'enable', created.id])).disabled_at, undefined);
    const { id } = await cli.json([...create, '--project', 'Team']);
    assert.equal((await cli.run(['projects', 'delete', 'Team'])).code, 1);
    const listed = await cli.json(['api-keys', 'list', '--project', 'Team']);
    assert.deepEqual(
      listed.map((key: { id: string }) => key.id),
      [id],
    );
    await cli.json(['api-keys', 'revoke', id]);
    assert.deepEqual(await cli.json(['projects', 'delete', 'Team']), {
      id: created.id,
      deleted: true,
    });
    assert.equal((await cli.run(['projects', 'show', 'Team'])).code, 1);
  });
});
