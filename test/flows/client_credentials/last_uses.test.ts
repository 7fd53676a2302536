/** When clients and their secrets were used last: whichever way a client proves who it is, and by nothing less. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SignJWT } from 'jose';
import { people } from '../../../harness/sign_in.ts';
import { deviceGrant } from '../../../src/definitions/oauth.ts';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { basic, postForm } from '../../support/flows.ts';
import { callbackUri, createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { secret, declaration as services, signing } from './configuration.ts';

const { clients: jobs, ...rest } = services('http://127.0.0.1:9');
const code = { redirect_uris: [callbackUri], scope: 'openid' };
const declaration = {
  ...{ ...rest, users: people },
  clients: [
    ...jobs,
    { ...code, client_id: 'page', token_endpoint_auth_method: 'none' },
    { ...code, client_id: 'shop', client_secret: secret },
    { ...code, client_id: 'device', client_secret: secret, grant_types: [deviceGrant] },
  ],
};

onSqlite((stores) => {
  let server: TestServer;
  let store: Store;
  before(async () => {
    server = await startTestServer({ store: await stores.freshUrl(), declaration });
    store = await openStore({ url: server.store });
  });
  after(async () => {
    await Promise.all([server?.close(), store?.close()]);
  });

  test('A stopped server has kept when each client and each secret was last used, to the minute', async () => {
    const began = Date.now();
    const at = (path: string, fields: Record<string, string>, user?: [string, string]) =>
      postForm(
        `${server.issuer}${path}`,
        fields,
        user ? { authorization: basic(...user) } : undefined,
      );
    const token = { grant_type: 'client_credentials' };
    const pushed = {
      client_id: 'shop',
      response_type: 'code',
      redirect_uri: callbackUri,
      scope: 'openid',
    };
    const challenge = { code_challenge: sha256('verifier'), code_challenge_method: 'S256' };
    const assertion = await new SignJWT({ jti: 'once' })
      .setProtectedHeader({ alg: 'ES256', kid: 'job-1' })
      .setIssuer('key-job')
      .setSubject('key-job')
      .setAudience(server.issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(signing.privateKey);
    const answers = [
      await at('/token', token, ['basic-job', secret]),
      await at('/token', { ...token, client_id: 'post-job', client_secret: secret }),
      await at('/token', {
        ...token,
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      }),
      // These go through the protocol engine.
      await at('/par', { ...pushed, ...challenge }, ['shop', secret]),
      await at('/device_authorization', {}, ['device', secret]),
      await fetch(`${server.issuer}/api-keys/verify`, {
        method: 'POST',
        headers: { authorization: basic('orders-api', secret), 'content-type': 'application/json' },
        body: '{"key":"unknown"}',
      }),
      // Nobody is known by these.
      await at('/token', token, ['two-apis-job', 'another-secret']),
      await at('/revoke', { client_id: 'app', token: 'unknown' }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 201, 200, 200, 401, 200],
    );
    const page = await createRelyingParty({ issuer: server.issuer, clientId: 'page' });
    await page.signIn({ parameters: { scope: 'openid' } });
    await server.close();

    const used = ['basic-job', 'post-job', 'key-job', 'shop', 'device', 'orders-api', 'page'];
    const all = await store.clients.lastUses([...used, 'two-apis-job', 'app', 'odd:job/~']);
    assert.deepEqual(all.map(({ clientId }) => clientId).sort(), used.toSorted());
    for (const { clientId, lastUsedAt, secrets } of all) {
      assert.ok(lastUsedAt >= began - 60_000 && lastUsedAt % 60_000 === 0, clientId);
      const hashes = ['key-job', 'page'].includes(clientId) ? [] : [sha256(secret)];
      assert.deepEqual(Object.keys(secrets), hashes, clientId);
      for (const at of Object.values(secrets)) assert.ok(at <= lastUsedAt);
    }
  });
});
