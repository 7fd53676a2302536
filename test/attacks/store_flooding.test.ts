/**
 * What strangers can make the server keep: nothing for a request that is refused, and for one that begins
 * something no more than an hour.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { basic, postForm } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { declaration } from './configuration.ts';
import { sqliteTarget } from './target.ts';

const hour = 3_600_000;
const rounds = 5;
/** Of one address and process in an hour. */
const mostRefusals = 50;

sqliteTarget(declaration, (target) => {
  const proofKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const proof = (path: string, method: string) =>
    new SignJWT({ htm: method, htu: `${target().issuer}${path}`, jti: randomId() })
      .setProtectedHeader({
        alg: 'ES256',
        typ: 'dpop+jwt',
        jwk: proofKeys.publicKey.export({ format: 'jwk' }),
      })
      .setIssuedAt()
      .sign(proofKeys.privateKey);

  const repeat = async (send: (round: number) => Promise<unknown>) => {
    for (let round = 0; round < rounds; round += 1) await send(round);
  };

  test('A refused request leaves nothing in the store but so many records of why', async () => {
    const { issuer } = target();
    const agent = createUserAgent();
    const before = await target().dump();
    await repeat(async (round) => {
      await fetch(authorizeUrl(issuer, { client_id: `unknown-${round}` }));
      await fetch(authorizeUrl(issuer, { redirect_uri: `https://evil.example/${round}` }));
      await fetch(authorizeUrl(issuer, { prompt: 'none' }), { redirect: 'manual' });
      await fetch(`${issuer}/interaction/${randomId()}`);
      await fetch(`${issuer}/authorize/${randomId()}`);
      await agent.open(`${issuer}/logout/success`);
      for (const grant_type of ['authorization_code', 'refresh_token', 'client_credentials', 'x']) {
        await postForm(`${issuer}/token`, {
          grant_type,
          client_id: 'app',
          code: randomId(32),
          code_verifier: randomId(32),
          redirect_uri: 'https://app.example/callback',
          refresh_token: randomId(32),
        });
      }
      const authorization = basic(`unknown-${round}`, randomId(32));
      for (const path of ['/token', '/introspect', '/revoke', '/par', '/device_authorization']) {
        await postForm(`${issuer}${path}`, { token: randomId(32) }, { authorization });
      }
      await postForm(`${issuer}/par`, new URLSearchParams(parameters({ response_type: 'token' })));
      await postForm(`${issuer}/revoke`, { token: randomId(32), client_id: 'app' });
      await postForm(
        `${issuer}/token`,
        { grant_type: 'refresh_token', refresh_token: randomId(32), client_id: 'app' },
        { dpop: await proof('/token', 'POST') },
      );
      await fetch(`${issuer}/userinfo`, {
        headers: {
          authorization: `DPoP ${randomId(32)}`,
          dpop: await proof('/userinfo', 'GET'),
        },
      });
      await fetch(`${issuer}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${randomId(32)}`, 'content-type': 'application/json' },
        body: '{"redirect_uris":["https://x.example/"]}',
      });
    });
    const after = await target().dump();
    const { refusals = [] } = after;
    assert.equal(refusals.length, mostRefusals);
    for (const { expires_at } of refusals) assert.ok(Number(expires_at) <= Date.now() + 72 * hour);
    for (const [name, rows] of Object.entries(before)) {
      const added = name === 'refusals' ? mostRefusals : 0;
      assert.equal(after[name]?.length, rows.length + added, name);
    }
  });

  test('A request that begins a flow leaves one record, for an hour at most', async () => {
    const { issuer } = target();
    const before = (await target().dump()).artifacts?.length ?? 0;
    await repeat(async () => {
      await fetch(authorizeUrl(issuer), { redirect: 'manual' });
      await fetch(`${issuer}/device`);
      await fetch(`${issuer}/logout`);
      await postForm(`${issuer}/par`, new URLSearchParams(parameters()));
      await postForm(`${issuer}/device_authorization`, { client_id: 'app' });
    });
    const { artifacts = [] } = await target().dump();
    assert.equal(artifacts.length - before, 5 * rounds);
    for (const { kind, expires_at } of artifacts) {
      assert.ok(Number(expires_at) <= Date.now() + hour, String(kind));
    }
  });

  test('Failed sign-ins leave one audit event with a count, and counters that expire', async () => {
    const { issuer } = target();
    const agent = createUserAgent();
    const page = await agent.open(authorizeUrl(issuer));
    const before = await target().dump();
    const fields = { username: 'somebody', password: 'a-password-that-is-wrong' };
    for (let attempt = 0; attempt < 15; attempt += 1) {
      await agent.submit(page, { action: /sign-in$/, fields });
    }
    const after = await target().dump();
    const known = new Set(before.audit_events?.map(({ id }) => id));
    const added = (after.audit_events ?? []).filter(({ id }) => !known.has(id));
    const counts = added.map(({ type, event }) => [type, JSON.parse(String(event)).count]);
    assert.deepEqual(Object.fromEntries(counts), {
      'sign_in.failed': 10,
      'sign_in.throttled': 5,
    });
    assert.equal(after.artifacts?.length, before.artifacts?.length);
    const counters = after.counters ?? [];
    assert.ok(counters.length < 12);
    for (const { reset_at } of counters) assert.ok(Number(reset_at) <= Date.now() + hour);
  });
});
