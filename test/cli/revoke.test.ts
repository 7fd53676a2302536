/** `cardea revoke` and `cardea keys revoke`: what they end, print and put on record, and what they refuse. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { freePort } from '../../harness/free_port.ts';
import { randomId, sha256 } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { familyOf } from '../../src/tokens/revocation/families.ts';
import { basic, postForm } from '../support/flows.ts';
import {
  type CommandLine,
  createCommandLine,
  type ServerOfCommands,
  startServerOf,
} from './support.ts';

const orders = 'https://orders.example';
let cli: CommandLine;
let server: ServerOfCommands;
let store: Store;
let userId = '';

before(async () => {
  cli = await createCommandLine();
  server = await startServerOf(cli);
  store = await openStore({ url: cli.env.CARDEA_STORE ?? '' });
  userId = (await store.users.findByUsername('alice'))?.id ?? '';
});
after(async () => {
  await server.close();
  await store.close();
  await cli.close();
});

async function serviceToken(): Promise<string> {
  for (;;) {
    const authorization = basic('job', 'a-secret-of-the-job-for-the-test');
    const fields = { grant_type: 'client_credentials', resource: orders };
    const { status, body } = await postForm(`${server.url}/token`, fields, { authorization });
    // A key that was revoked just now is being replaced.
    if (status === 200) return String(body.access_token);
    assert.equal(status, 503);
  }
}

/** An artifact of alice at the job, as if it were issued now. */
async function put(kind: string, more: object = {}): Promise<string> {
  const value = randomId(32);
  const asOf = await store.revocations.sequence();
  await store.artifacts.put({
    ...{ kind, id: kind === 'Grant' ? value : sha256(value), clientId: 'job', accountId: userId },
    ...{ expiresAt: Date.now() + 600_000, grantId: kind === 'Grant' ? value : undefined },
    payload: { as_of: asOf, signed_in_as_of: asOf, iat: 1 },
    ...more,
  });
  return value;
}
const isStored = async (kind: string, value: string) =>
  (await store.artifacts.find(kind, kind === 'Grant' ? value : sha256(value), Date.now())) !==
  undefined;
const lastEvent = async () => (await store.audit.list({ limit: 1 }))[0];
const isMarked = async (key: string) =>
  (await store.revocations.find([key], Date.now())).length === 1;

describe('Revocation commands', () => {
  const revoke = (words: string[], options?: { input?: string }) =>
    cli.json(['revoke', ...words, '--reason', `because ${words[0]}`], options);

  test('One command revokes everything of a user, a client, an API or the whole issuer, with its reason in the audit trail', async () => {
    const token = await serviceToken();
    for (const [words, key, about] of [
      [['user', 'ALICE'], `user:${userId}`, { userId }],
      [['client', 'job'], 'client:job', { clientId: 'job' }],
      [['api', orders], `api:${orders}`, {}],
      [['everything'], 'everything:', {}],
    ] as const) {
      const stays = await put('RefreshToken');
      const result = await revoke([...words]);
      assert.deepEqual(Object.keys(result), [
        ...['revoked', 'effective_within', 'tokens', 'client_blocks', 'records', 'api_keys'],
        'status_lists',
      ]);
      // A service's tokens stand in blocks; only a first revocation finds this one.
      const { state, node, looked_up, refused } = result.status_lists;
      assert.match(state, /^(confirmed|nothing_listed)$/);
      assert.equal(refused, looked_up);
      assert.equal(node, looked_up > 0 ? server.url : undefined);
      assert.equal(result.revoked, true);
      assert.equal(result.effective_within, 2);
      assert.ok(await isMarked(key), key);
      const swept = words[0] === 'user' || words[0] === 'client';
      assert.equal(await isStored('RefreshToken', stays), !swept, key);
      const event = await lastEvent();
      assert.equal(event?.type, `revocation.${words[0]}`);
      assert.equal(event.actor, 'operator');
      assert.equal(event.details?.reason, `because ${words[0]}`);
      assert.equal(event.details?.effective_within, 2);
      assert.deepEqual({ ...event, ...about }, event);
    }
    assert.deepEqual(await store.revocations.unfinished(10), []);
    assert.equal((await cli.run(['inspect', token])).code, 1);
    assert.equal((await cli.run(['inspect', await serviceToken()])).code, 0);
  });

  test('One command revokes a grant by its id, or all grants of a user at a client', async () => {
    const grant = await put('Grant');
    await revoke(['grant', grant]);
    assert.equal(await isStored('Grant', grant), false);
    const [one, two] = [await put('Grant'), await put('Grant')];
    const result = await revoke(['grant', '--user', 'alice', '--client', 'job']);
    assert.equal(result.records, 2);
    for (const id of [one, two]) {
      assert.equal(await isStored('Grant', id), false);
      assert.ok(await isMarked(`grant:${id}`));
    }
  });

  test('One command revokes a JWT, an opaque token, or a token family by its refresh token or code', async () => {
    const jwt = await serviceToken();
    const result = await revoke(['token', '-'], { input: `${jwt}\n` });
    assert.equal(result.effective_within, 2);
    assert.equal((await lastEvent())?.type, 'revocation.token');
    const opaque = await put('AccessToken');
    assert.equal((await revoke(['token', opaque])).effective_within, 0);
    assert.equal(await isStored('AccessToken', opaque), false);
    assert.match(String((await lastEvent())?.details?.token), /^[0-9a-f]{8}…[0-9a-f]{4}$/);
    const refreshToken = await put('RefreshToken', { familyId: 'a-grant.a-code' });
    await revoke(['token'], { input: refreshToken });
    assert.equal(await isStored('RefreshToken', refreshToken), false);
    assert.ok(await isMarked('family:a-grant.a-code'));
    assert.equal((await lastEvent())?.type, 'revocation.family');
    const code = await put('AuthorizationCode', { grantId: 'a-grant', consumedAt: Date.now() });
    await revoke(['token'], { input: code });
    assert.ok(await isMarked(`family:${familyOf('a-grant', sha256(code))}`));
  });

  test('One command revokes everything issued before an instant, in any time zone', async () => {
    await revoke(['everything', '--before', '2020-02-29T01:00:00+01:00']);
    const [marker] = await store.revocations.find(['everything_before:'], Date.now());
    assert.equal(marker?.before, Date.UTC(2020, 1, 29));
    assert.equal((await lastEvent())?.details?.before, '2020-02-29T01:00:00+01:00');
  });

  test('A signing key is revoked by either of two commands', async () => {
    for (const words of [
      ['keys', 'revoke'],
      ['revoke', 'signing-key'],
    ]) {
      const token = await serviceToken();
      const { kid = '' } = decodeProtectedHeader(token);
      const result = await cli.json([...words, kid, '--reason', 'it leaked']);
      assert.equal(result.revoked, true);
      assert.equal(result.effective_within, 2);
      assert.ok(await isMarked(`key:${kid}`));
      const [event] = await store.audit.list({ limit: 1, type: 'revocation.signing_key' });
      assert.equal(event?.details?.kid, kid);
      assert.equal(event?.details?.reason, 'it leaked');
      assert.equal((await cli.run(['inspect', token])).code, 1);
      const keys = await cli.json(['keys', 'list']);
      const key = keys.find((one: { kid: string }) => one.kid === kid);
      assert.equal(key.state, 'retired');
      // Harmless when it is done again.
      assert.equal((await cli.run([...words, kid])).code, 0);
    }
  });

  test('The text output tells people what the revocation did', async () => {
    const { code, stdout } = await cli.run(['revoke', 'client', 'job']);
    assert.equal(code, 0);
    assert.match(stdout, /^Revoked\. .*Verifiers that follow .* within 2 s\.$/m);
  });

  test('A revocation prints when verifiers will refuse the tokens, and says when there was nothing to revoke', async () => {
    const token = await serviceToken();
    const { status_lists: seen } = await cli.json(['revoke', 'token'], { input: token });
    assert.deepEqual(seen, { state: 'confirmed', node: server.url, looked_up: 1, refused: 1 });
    const { stdout } = await cli.run(['revoke', 'user', 'alice']);
    assert.match(stdout, /0 JWT access tokens, 0 blocks .*, 0 stored records, 0 API keys ended\./);
    assert.match(stdout, /No token of a status list ended/);
  });

  test('Without an answering node the command claims nothing about verifiers', async () => {
    const input = await serviceToken();
    const env = { CARDEA_PORT: String(await freePort()) };
    const { code, stdout } = await cli.run(['revoke', 'token'], { input, env });
    assert.equal(code, 0);
    assert.match(stdout, /Not confirmed: no node of this issuer answered\./);
  });
});

describe('Refused revocation commands', () => {
  const refused = async (code: number, commands: string[][], pattern: RegExp) => {
    const before = await store.revocations.sequence();
    for (const words of commands) {
      const result = await cli.run(['revoke', ...words, '--json']);
      assert.equal(result.code, code, `${words.join(' ')}: ${result.stderr}`);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, pattern);
    }
    assert.equal(await store.revocations.sequence(), before);
  };

  test('An unknown name is refused and changes nothing', () =>
    refused(
      1,
      [
        ['user', 'nobody'],
        ['client', 'nobody'],
        ['api', 'https://nothing.example'],
        ['signing-key', 'nothing'],
        ['grant', 'nothing'],
        ['grant', '--user', 'alice', '--client', 'nobody'],
        ['token', 'nothing'],
        ['token', 'e30.e30.e30'],
      ],
      /^\{"error":\{"code":"not_found"/,
    ));

  test('Wrong usage is explained', () =>
    refused(
      2,
      [
        ['grant'],
        ['grant', '--user', 'alice'],
        ['grant', 'id', '--client', 'job'],
        ['everything', '--before', 'yesterday'],
        ['everything', '--before', '2020-01-01'],
        ['everything', '--before', '2020-02-30T00:00:00Z'],
        ['everything', '--before', '2020-01-01T00:00:00'],
        ['everything', '--before', '2999-01-01T00:00:00Z'],
      ],
      /^\{"error":\{"code":"wrong_use"/,
    ));

  test('A missing argument or an unknown option is refused', async () => {
    for (const words of [['user'], ['client'], ['api'], ['everything', '--sure'], ['nothing']]) {
      assert.equal((await cli.run(['revoke', ...words])).code, 2, words.join(' '));
    }
  });
});
