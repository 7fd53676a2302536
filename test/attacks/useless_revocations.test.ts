/**
 * Requests to the revocation endpoint with what is no live token of the caller: each is answered 200 and
 * nothing is revoked (RFC 7009 section 2.2), all answers are alike, and the store is as it was.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomId } from '../../src/digests.ts';
import { createAppSession, type TokenSet } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { declaration as attacked, callback, jobSecret, notes, orders } from './configuration.ts';
import { eachTarget } from './target.ts';

const brief = 'https://brief.example';
const declaration = {
  ...attacked,
  apis: [
    ...attacked.apis,
    {
      identifier: brief,
      name: 'Brief',
      scopes: { 'brief:read': 'See' },
      access_token_lifetime: '1s',
    },
  ],
  clients: attacked.clients.map((client) =>
    client.client_id === 'job'
      ? { ...client, scope: `${client.scope} brief:read`, apis: [orders, notes, brief] }
      : client,
  ),
};
const scope = 'openid profile offline_access orders:read notes:read';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function forge(header: object, payload: object): string {
  const input = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

await eachTarget(declaration, (target) => {
  let theirs: TokenSet;
  let opaque: TokenSet;
  let own = '';
  let worthless: Record<string, string> = {};
  const jobToken = async (resource: string) => {
    const authorization = basic('job', jobSecret);
    const fields = { grant_type: 'client_credentials', resource };
    const { status, body } = await postForm(`${target().issuer}/token`, fields, { authorization });
    assert.equal(status, 200);
    return String(body.access_token);
  };
  const revoke = (token: string, hint?: string) =>
    postForm(
      `${target().issuer}/revoke`,
      { token, ...(hint && { token_type_hint: hint }) },
      { authorization: basic('job', jobSecret) },
    );

  before(async () => {
    const { issuer } = target();
    const app = createAppSession({ issuer, clientId: 'app', scope, redirectUri: callback });
    const node = { url: issuer };
    theirs = await app.newTokens(node, { resource: orders });
    opaque = await app.newTokens(node, { resource: notes });
    own = await jobToken(orders);
    const expired = await jobToken(brief);
    const header = decodeProtectedHeader(own);
    const claims = decodeJwt(own);
    const revoked = await jobToken(orders);
    await revoke(revoked);
    worthless = {
      'a JWT of another issuer': forge(header, { ...claims, iss: 'https://evil.example' }),
      'a JWT by another key': forge(header, claims),
      'a JWT with another status': forge(header, {
        ...claims,
        status: { status_list: { idx: 0, uri: `${issuer}/status-lists/${randomId(9)}` } },
      }),
      'an expired JWT of the caller': expired,
      'a JWT that was revoked before': revoked,
      'an ID token': theirs.idToken,
      'another client’s JWT': theirs.accessToken,
      'another client’s opaque token': opaque.accessToken,
      'another client’s refresh token': opaque.refreshToken,
      garbage: 'garbage',
      'garbage like a JWT': 'e30.e30.e30',
      'garbage like an opaque token': randomId(32),
      'a signature cut short': own.slice(0, -6),
      'a lone dot': '.',
      'many dots': 'a.b.c.d.e',
      'a mark in front': `~${own}`,
      'a reference': '#reference',
      'beyond text': '\u0000\ud800',
    };
    // Until the expired one is, and until all of the above is written: some comes up to a second later.
    while ((decodeJwt(expired).exp ?? 0) * 1000 >= Date.now()) await sleep(100);
    for (let earlier: unknown, now: unknown; !now || !isDeepStrictEqual(now, earlier); ) {
      earlier = now;
      await sleep(1200);
      now = await target().dump();
    }
  });

  describe('Revocation of worthless tokens', () => {
    test('The revocation endpoint answers every worthless token alike', async () => {
      const answers = new Map<string, string>();
      for (const [what, token] of Object.entries(worthless)) {
        for (const hint of [undefined, 'access_token', 'refresh_token', 'nonsense']) {
          const { status, headers, body } = await revoke(token, hint);
          assert.equal(status, 200, what);
          assert.deepEqual(body, { revoked: false, effective_within: 2 }, what);
          const told = Object.fromEntries(headers);
          for (const own of ['date', 'x-request-id', 'request-id']) delete told[own];
          answers.set(JSON.stringify(told), what);
        }
      }
      assert.equal(answers.size, 1, JSON.stringify([...answers]));
    });

    test('The revocation endpoint writes nothing for a worthless token', async () => {
      const earlier = await target().dump();
      for (const token of Object.values(worthless)) await revoke(token);
      await sleep(200);
      assert.deepEqual(await target().dump(), earlier);
    });

    test('A token that others tried to revoke stays valid until its owner revokes it', async () => {
      for (const token of Object.values(worthless)) await revoke(token);
      const headers = { authorization: `Bearer ${theirs.accessToken}` };
      assert.equal((await fetch(`${target().issuer}/userinfo`, { headers })).status, 200);
      assert.deepEqual((await revoke(own)).body, { revoked: true, effective_within: 2 });
      assert.deepEqual((await revoke(own)).body, { revoked: false, effective_within: 2 });
    });
  });
});
