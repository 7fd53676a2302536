/** How long a document counts without being fetched again, and what happens where it cannot be. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { after, type TestContext, test } from 'node:test';
import { freePort } from '../../../harness/free_port.ts';
import { startProcessServer } from '../../../harness/process_server.ts';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { postForm } from '../../support/flows.ts';
import { createMovableClock } from '../../support/rooms.ts';
import { startTestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { connect, refresh, requestOf, verifier } from './agent.ts';
import { declaration, tools } from './configuration.ts';
import { hosted, startDocumentSite } from './document_site.ts';

const site = await startDocumentSite();
after(() => site.close());
const [redirectUri = ''] = hosted.redirect_uris;
const minute = 60_000;
const day = 24 * 60 * minute;

onSqlite((stores) => {
  /** A server of a test's own, whose clock it moves. The engine goes by the machine's: tokens are for the beginning. */
  const started = async (t: TestContext) => {
    const clock = createMovableClock(Date.now());
    const server = await startTestServer({ declaration, clock, store: await stores.freshUrl() });
    t.after(() => server.close());
    const opens = async (clientId: string) => {
      const request = requestOf(server.issuer, { client_id: clientId, redirect_uri: redirectUri });
      return (await createUserAgent().open(request)).status;
    };
    return { clock, issuer: server.issuer, opens };
  };

  test('A document without a stated lifetime is fetched again after five minutes, at a sign-in', async (t) => {
    const { clock, issuer, opens } = await started(t);
    const clientId = site.serve('/plain', hosted);
    await connect(issuer, { clientId, redirectUri });
    clock.advance(4 * minute);
    assert.equal(await opens(clientId), 200);
    assert.equal(site.fetched('/plain'), 1);
    clock.advance(2 * minute);
    site.serve('/plain', { ...hosted, redirect_uris: ['https://agent.example/other'] });
    assert.equal(await opens(clientId), 400);
    assert.equal(site.fetched('/plain'), 2);
  });

  test('No stated lifetime keeps a document for less than five minutes, or more than a day', async (t) => {
    const { clock, issuer, opens } = await started(t);
    const short = site.serve('/short', hosted, { 'cache-control': 'no-store, max-age=0' });
    const long = site.serve('/long', hosted, { 'cache-control': 'public, max-age=31536000' });
    for (const clientId of [short, long]) await connect(issuer, { clientId, redirectUri });
    clock.advance(4 * minute);
    for (const clientId of [short, long]) await opens(clientId);
    assert.deepEqual([site.fetched('/short'), site.fetched('/long')], [1, 1]);
    clock.advance(2 * minute);
    for (const clientId of [short, long]) await opens(clientId);
    assert.deepEqual([site.fetched('/short'), site.fetched('/long')], [2, 1]);
    clock.advance(day);
    await opens(long);
    assert.equal(site.fetched('/long'), 2);
  });

  test('A connector whose site is down signs nobody out for a day, and nobody in', async () => {
    const clientId = site.serve('/down', hosted);
    const [store, port] = [await stores.freshUrl(), await freePort()];
    /** The same node, so many hours later. */
    const after = async <T>(hours: number, work: (issuer: string) => Promise<T>): Promise<T> => {
      const clockShiftMs = hours * 60 * minute;
      const node = await startProcessServer({ store, port, declaration, clockShiftMs });
      return work(node.issuer).finally(() => node.stop());
    };
    const { refresh_token } = await after(0, (issuer) =>
      connect(issuer, { clientId, redirectUri }, { stay: true }),
    );
    site.withdraw('/down');
    const next = await after(23, async (issuer) => {
      const { status, body } = await refresh(issuer, clientId, refresh_token);
      assert.equal(status, 200, JSON.stringify(body));
      const request = requestOf(issuer, { client_id: clientId, redirect_uri: redirectUri });
      assert.equal((await createUserAgent().open(request)).status, 400);
      return String(body.refresh_token);
    });
    await after(25, async (issuer) => {
      const { status, body } = await refresh(issuer, clientId, next);
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
    });
    site.serve('/down', hosted);
    await after(25, async (issuer) => {
      const { status, body } = await refresh(issuer, clientId, next);
      assert.equal(status, 200, JSON.stringify(body));
    });
  });

  test('A client that its document gives keys proves itself with them, and one without cannot pose as it', async (t) => {
    const { clock, issuer } = await started(t);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'ES256' }];
    site.serveRaw('/keys', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys }),
    });
    const clientId = site.serve('/signer', {
      ...hosted,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${site.url}/keys`,
    });
    const request = requestOf(issuer, { client_id: clientId, redirect_uri: redirectUri });
    const callback = await walkToClient(createUserAgent(), request, redirectUri);
    const redeem = (proof: Record<string, string>) =>
      postForm(`${issuer}/token`, {
        ...{ grant_type: 'authorization_code', code: String(callback.searchParams.get('code')) },
        ...{ code_verifier: verifier, redirect_uri: redirectUri, resource: tools, ...proof },
      });
    const refused = await redeem({ client_id: clientId });
    assert.equal(refused.body.error, 'invalid_client');

    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const now = Math.floor(clock.now() / 1000);
    const claims = { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID() };
    const input = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ ...claims, exp: now + 60 })}`;
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const signature = sign('sha256', Buffer.from(input), key).toString('base64url');
    const answer = await redeem({
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: `${input}.${signature}`,
    });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  });
});
