/** Client authentication by a signed assertion (RFC 7523): private_key_jwt, keys by value and by reference. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as openid from 'openid-client';
import { eachServer, postForm } from '../../support/flows.ts';
import { startLocalSite } from '../../support/local_site.ts';
import type { TestServer } from '../../support/server.ts';
import { declaration, publicJwk, signing } from './configuration.ts';

const site = await startLocalSite();
after(() => site.close());
site.serve('/jwks.json', { keys: [publicJwk] });

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const now = () => Math.floor(Date.now() / 1000);

type Change = {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: CryptoKey;
};
let serial = 0;

async function assertionFor(
  { issuer }: TestServer,
  { claims = {}, header = {}, key = signing.privateKey }: Change = {},
): Promise<string> {
  serial += 1;
  const payload = {
    iss: 'key-job',
    sub: 'key-job',
    aud: issuer,
    jti: `jti-${serial}`,
    iat: now(),
    exp: now() + 60,
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', kid: 'job-1', ...header })
    .sign(key);
}

const askAt = (
  path: string,
  { issuer }: TestServer,
  assertion: string,
  more: Record<string, string>,
) =>
  postForm(`${issuer}${path}`, {
    client_assertion: assertion,
    client_assertion_type: assertionType,
    ...more,
  });

const present = (server: TestServer, assertion: string, more: Record<string, string> = {}) =>
  askAt('/token', server, assertion, { grant_type: 'client_credentials', ...more });

await eachServer({ declaration: declaration(site.url) }, (server) => {
  for (const clientId of ['key-job', 'key-uri-job']) {
    test(`openid-client authenticates as ${clientId}`, async () => {
      const authentication = openid.PrivateKeyJwt({ key: signing.privateKey, kid: 'job-1' });
      const config = await openid.discovery(
        new URL(server().issuer),
        clientId,
        {},
        authentication,
        { execute: [openid.allowInsecureRequests] },
      );
      const tokens = await openid.clientCredentialsGrant(config);
      assert.equal(tokens.scope, 'orders:read');
    });
  }

  test('The audience of an assertion may be the issuer or the token endpoint', async () => {
    const { issuer } = server();
    for (const aud of [issuer, `${issuer}/token`, [issuer]]) {
      const { status } = await present(server(), await assertionFor(server(), { claims: { aud } }));
      assert.equal(status, 200, String(aud));
    }
  });

  for (const path of ['/introspect', '/revoke']) {
    test(`A client authenticates by an assertion at ${path}, whose audience may be that endpoint`, async () => {
      const { issuer } = server();
      for (const aud of [issuer, `${issuer}/token`, `${issuer}${path}`]) {
        const assertion = await assertionFor(server(), { claims: { aud } });
        const { status } = await askAt(path, server(), assertion, { token: 'x' });
        assert.equal(status, 200, aud);
        const again = await present(server(), assertion);
        assert.deepEqual([again.status, again.body.error], [401, 'invalid_client']);
      }
      const claims = { aud: `${issuer}/par` };
      const other = await assertionFor(server(), { claims });
      assert.equal((await askAt(path, server(), other, { token: 'x' })).status, 401);
    });
  }

  test('An assertion is accepted once, even among simultaneous requests', async () => {
    const assertion = await assertionFor(server());
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => present(server(), assertion)),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const late = await present(server(), assertion);
    assert.deepEqual([late.status, late.body.error], [401, 'invalid_client']);
  });

  test('An assertion with a wrong client, audience or time is refused', async () => {
    const other = await generateKeyPair('ES256');
    const rsa = await generateKeyPair('RS256');
    const attempts: Change[] = [
      { key: other.privateKey },
      { key: rsa.privateKey, header: { alg: 'RS256' } },
      { header: { kid: 'job-2' } },
      { claims: { iss: 'basic-job' } },
      { claims: { sub: 'unknown', iss: 'unknown' } },
      { claims: { aud: 'https://elsewhere.example' } },
      { claims: { aud: undefined } },
      { claims: { aud: ['https://elsewhere.example'] } },
      { claims: { exp: undefined } },
      { claims: { exp: now() - 60 } },
      { claims: { nbf: now() + 600 } },
      { claims: { jti: undefined } },
    ];
    for (const attempt of attempts) {
      const { status, body } = await present(server(), await assertionFor(server(), attempt));
      const label = JSON.stringify(attempt);
      assert.deepEqual([status, body.error], [401, 'invalid_client'], label);
    }
  });

  test('No assertion, whatever its contents, causes a server error', async () => {
    const attempts: Change[] = [
      { claims: { exp: 1e300 } },
      { claims: { exp: 8.64e15 } },
      { claims: { exp: 'soon' } },
      { claims: { jti: { a: 1 } } },
      { claims: { jti: 'x'.repeat(20_000) } },
      { claims: { jti: 5 } },
      { claims: { aud: { a: 1 } } },
      { claims: { sub: ['key-job'] } },
      { claims: { iss: 5 } },
      { header: { typ: 'x'.repeat(10_000) } },
    ];
    for (const attempt of attempts) {
      const { status } = await present(server(), await assertionFor(server(), attempt));
      assert.ok(status < 500, `${status} ${JSON.stringify(attempt).slice(0, 80)}`);
    }
  });

  test('An assertion that is unsigned, or signed with a public value as its key, is refused', async () => {
    const [, payload] = (await assertionFor(server())).split('.');
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const secret = Buffer.from(JSON.stringify(await exportJWK(signing.publicKey)));
    const hmac = await new SignJWT({
      iss: 'key-job',
      sub: 'key-job',
      aud: server().issuer,
      jti: 'h',
    })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1m')
      .sign(secret);
    for (const assertion of [`${header({ alg: 'none' })}.${payload}.`, hmac]) {
      const { status, body } = await present(server(), assertion);
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
    }
  });

  test('A client_id beside the assertion must match it', async () => {
    const assertion = await assertionFor(server());
    const { status, body } = await present(server(), assertion, { client_id: 'basic-job' });
    assert.deepEqual([status, body.error], [400, 'invalid_request']);
  });
});

const unreachable = {
  'a private network that outbound.allow does not name': { allow: [] },
  'a port where nobody listens': { allow: ['127.0.0.1/32'] },
};
for (const [place, outbound] of Object.entries(unreachable)) {
  const url = outbound.allow.length > 0 ? 'http://127.0.0.1:9' : site.url;
  await eachServer({ declaration: { ...declaration(url), outbound } }, (server) => {
    test(`A jwks_uri at ${place} is not fetched and authenticates nobody`, async () => {
      const before = site.received.length;
      const claims = { iss: 'key-uri-job', sub: 'key-uri-job' };
      const assertion = await assertionFor(server(), { claims });
      const { status, body } = await present(server(), assertion);
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
      assert.equal(site.received.length, before);
    });
  });
}
