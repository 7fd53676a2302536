/**
 * Commands about tokens and the keys that sign them, and what they mean to the server that runs on the store.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type CommandLine,
  createCommandLine,
  type ServerOfCommands,
  startServerOf,
} from './support.ts';

const jobSecret = 'a-secret-of-the-job-for-the-test';
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

describe('Token commands', () => {
  test('The inspect command explains a valid token and calls it valid', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    const inspection = await cli.json(['inspect'], { input: `${token}\n` });
    assert.equal(inspection.kind, 'JWT access token (RFC 9068)');
    assert.equal(inspection.valid, true);
    assert.equal(inspection.claims.client_id, 'job');
    assert.ok(inspection.checks.some(({ code }: { code: string }) => code === 'signed_by_current'));
  });

  test('The inspect command says whether an API would accept the token, and if not, the one reason', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    const asked = ['inspect', '--api', 'https://orders.example', '--scope', 'orders:read'];
    assert.equal((await cli.run(asked, { input: token })).code, 0);
    const { code, stdout } = await cli.run([...asked, '--at', '2040-01-01T00:00:00Z', '--json'], {
      input: token,
    });
    assert.equal(code, 1);
    assert.equal(JSON.parse(stdout).reason.code, 'expired');
    const unmet = await cli.run(['inspect', '--claim', 'client_id=other'], { input: token });
    assert.match(unmet.stdout, /not valid\nclient_id is job, not other\./);
    assert.equal((await cli.run(['inspect', '--at', 'soon'], { input: token })).code, 2);
    assert.equal((await cli.run(['inspect', '--api', 'none'], { input: token })).code, 2);
  });

  test('The inspect command calls a revoked token invalid and names the reason', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    await cli.json(['revoke', 'token'], { input: token });
    const { code, stdout } = await cli.run(['inspect', token]);
    assert.equal(code, 1);
    assert.match(stdout, /not valid\nThis very token was revoked\./);
    assert.equal((await cli.run(['revoke', 'token', token])).code, 1);
  });

  test('An altered token fails the signature check', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    const [header, , signature] = token.split('.');
    const claims = { iss: 'https://id.example', exp: 4_000_000_000, sub: 'root' };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    const { code, stdout } = await cli.run(['inspect', forged, '--json']);
    assert.equal(code, 1);
    assert.equal(JSON.parse(stdout).reason.code, 'signature_wrong');
  });

  test('Nonsense is answered without a crash and cannot write control characters to the terminal', async () => {
    const claims = Buffer.from(JSON.stringify({ iss: '\u001b[2J', aud: '\u202e' })).toString(
      'base64url',
    );
    for (const value of ['x', 'a.b.c', `e30.${claims}.e30`, '#reference', '\u001b[2J']) {
      const { code, stdout, stderr } = await cli.run(['inspect', value]);
      assert.equal(code, 1, stderr);
      assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u202e'));
    }
  });

  test('One command revokes all tokens of a client', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    await cli.json(['revoke', 'client', 'job']);
    assert.equal((await cli.run(['inspect', token])).code, 1);
    assert.equal((await cli.run(['revoke', 'client', 'nobody'])).code, 1);
    assert.equal((await cli.run(['revoke', 'user', 'nobody'])).code, 1);
    assert.equal((await cli.run(['revoke', 'grant', 'nothing'])).code, 1);
  });
});

describe('Signing key commands', () => {
  test('The rotate command publishes the next signing key once', async () => {
    const [rotation] = await cli.json(['keys', 'rotate']);
    const [again] = await cli.json(['keys', 'rotate']);
    assert.equal(again.next.kid, rotation.next.kid);
    const keys = await cli.json(['keys', 'list']);
    const states = Object.fromEntries(
      keys.map((key: { kid: string; state: string }) => [key.kid, key.state]),
    );
    assert.equal(states[rotation.current], 'current');
    assert.equal(states[rotation.next.kid], 'next');
  });

  test('A revoked signing key no longer signs, and its tokens are refused', async () => {
    const token = await server.accessTokenFor('job', jobSecret);
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    const result = await cli.json(['revoke', 'signing-key', kid]);
    assert.equal(result.revoked, true);
    assert.notEqual(result.current, kid);
    const { code, stdout } = await cli.run(['inspect', token]);
    assert.equal(code, 1);
    assert.match(stdout, /NO\s+Its signing key \(\S+\) was revoked/);
    assert.equal((await cli.run(['keys', 'revoke', 'nothing'])).code, 1);
  });
});
