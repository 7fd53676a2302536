/**
 * No JWT is taken for another kind, another issuer's, or another algorithm's (RFC 8725), wherever a JWT can
 * be sent: as access token, ID token hint, client assertion, request object, DPoP proof.
 */
import assert from 'node:assert/strict';
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomId } from '../../src/digests.ts';
import { createAppSession, type TokenSet } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { parameters } from './authorization.ts';
import { declaration, orders, ordersSecret, signerKeys } from './configuration.ts';
import { createListener, type Listener } from './listener.ts';
import { sqliteTarget } from './target.ts';

type Json = Record<string, unknown>;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ownJwk = own.publicKey.export({ format: 'jwk' });

/** A JWS with whatever header and signature. */
function forge(header: Json, payload: Json, signature: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}
const byOwnKey = (input: string) => sign('sha256', Buffer.from(input), own.privateKey);
const hmacWith = (key: string | Buffer) => (input: string) =>
  createHmac('sha256', key).update(input).digest();

sqliteTarget(declaration, (target) => {
  let tokens: TokenSet;
  let serverKey: KeyObject;
  let serverJwk: Json;
  let attackersServer: Listener;

  before(async () => {
    const app = createAppSession({
      issuer: target().issuer,
      clientId: 'app',
      scope: 'openid profile offline_access orders:read',
    });
    tokens = await app.newTokens(target(), { resource: orders });
    const { keys } = await target().jwks();
    const { kid } = decodeProtectedHeader(tokens.accessToken);
    serverJwk = { ...keys.find((key) => key.kid === kid) };
    serverKey = createPublicKey({ key: serverJwk, format: 'jwk' });
    attackersServer = await createListener({ keys: [{ ...ownJwk, kid: 'own', alg: 'RS256' }] });
  });
  after(() => attackersServer.close());

  const userinfo = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${target().issuer}/userinfo`, { headers })).status;
  };
  const introspect = async (token: string) => {
    const headers = { authorization: basic('orders-api', ordersSecret) };
    const { status, body } = await postForm(`${target().issuer}/introspect`, { token }, headers);
    assert.equal(status, 200);
    return body;
  };
  const isRefused = async (token: string, what: string) => {
    assert.deepEqual(await introspect(token), { active: false }, `introspection: ${what}`);
    assert.ok([400, 401].includes(await userinfo(token)), `userinfo: ${what}`);
    assert.deepEqual(await introspect(`~${token}`), { active: false }, what);
  };

  /** The access token's content under other headers and signatures. */
  const forgeries = (): Record<string, string> => {
    const header = decodeProtectedHeader(tokens.accessToken) as Json;
    const payload = decodeJwt(tokens.accessToken) as Json;
    const [head = '', body = '', signature = ''] = tokens.accessToken.split('.');
    const pem = serverKey.export({ type: 'spki', format: 'pem' });
    const der = serverKey.export({ type: 'spki', format: 'der' });
    const none = () => Buffer.alloc(0);
    const forged: Record<string, string> = {
      'HS256 with the public key (PEM)': forge({ ...header, alg: 'HS256' }, payload, hmacWith(pem)),
      'HS256 with the public key (DER)': forge({ ...header, alg: 'HS256' }, payload, hmacWith(der)),
      'HS256 with the public key (JWK)': forge(
        { ...header, alg: 'HS256' },
        payload,
        hmacWith(JSON.stringify(serverJwk)),
      ),
      'HS256 with the modulus': forge(
        { ...header, alg: 'HS256' },
        payload,
        hmacWith(String(serverJwk.n)),
      ),
      'HS256 with an empty key': forge({ ...header, alg: 'HS256' }, payload, hmacWith('')),
      'a foreign key under our kid': forge(header, payload, byOwnKey),
      'a foreign kid': forge({ ...header, kid: 'own' }, payload, byOwnKey),
      'no kid': forge({ ...header, kid: undefined }, payload, byOwnKey),
      'its own key in the header': forge({ ...header, jwk: ownJwk }, payload, byOwnKey),
      'a key at jku': forge({ ...header, kid: 'own', jku: attackersServer.url }, payload, byOwnKey),
      'a certificate at x5u': forge({ ...header, x5u: attackersServer.url }, payload, byOwnKey),
      'a certificate in x5c': forge({ ...header, x5c: ['AAAA'] }, payload, byOwnKey),
      'a kid that is a path': forge({ ...header, kid: '../../../dev/null' }, payload, byOwnKey),
      'a kid that is a name': forge({ ...header, kid: '__proto__' }, payload, byOwnKey),
      'a kid that is SQL': forge({ ...header, kid: "' OR 1=1 --" }, payload, byOwnKey),
      'unencoded payload (b64)': forge({ ...header, b64: false, crit: ['b64'] }, payload, byOwnKey),
      'an unknown critical header': forge({ ...header, crit: ['x'], x: 1 }, payload, byOwnKey),
      'more lifetime under the old signature': `${head}.${encode({ ...payload, exp: 9e9 })}.${signature}`,
      'another type under the old signature': `${encode({ ...header, typ: 'JWT' })}.${body}.${signature}`,
      'a trailing piece': `${tokens.accessToken}.${signature}`,
      'a signature cut off': `${head}.${body}.`,
      'a flipped bit': `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    };
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', undefined]) {
      forged[`alg ${alg}`] = forge({ ...header, alg }, payload, none);
      forged[`alg ${alg} with a signature`] = forge({ ...header, alg }, payload, byOwnKey);
    }
    for (const alg of ['RS384', 'RS512', 'PS256', 'ES256', 'EdDSA']) {
      forged[`alg ${alg} under our kid`] = forge({ ...header, alg }, payload, byOwnKey);
    }
    return forged;
  };

  test('An unaltered access token is accepted', async () => {
    assert.equal((await introspect(tokens.accessToken)).active, true);
    assert.equal(await userinfo(tokens.accessToken), 200);
  });

  test('A forged access token is refused, and no header makes the server fetch a key', async () => {
    for (const [what, token] of Object.entries(forgeries())) await isRefused(token, what);
    assert.equal(attackersServer.requests(), 0);
  });

  test('No other JWT or value from the server is accepted as an access token', async () => {
    await isRefused(tokens.idToken, 'ID token');
    // A refresh token is the app's own; as an access token it opens nothing.
    assert.equal(await userinfo(tokens.refreshToken), 401);
    assert.deepEqual(await introspect(tokens.refreshToken), { active: false });
    const signed = await fetch(
      `${target().issuer}/authorize?${new URLSearchParams([
        ...parameters({ response_mode: 'query.jwt', prompt: 'none' }),
      ])}`,
      { redirect: 'manual' },
    );
    const response = new URL(signed.headers.get('location') ?? '').searchParams.get('response');
    await isRefused(response ?? '', 'JWT authorization response');
  });

  describe('ID token hints', () => {
    const hinted = async (hint: string) => {
      const query = new URLSearchParams(parameters({ prompt: 'none', id_token_hint: hint }));
      const answer = await fetch(`${target().issuer}/authorize?${query}`, { redirect: 'manual' });
      return new URL(answer.headers.get('location') ?? '').searchParams.get('error');
    };
    const signOut = async (hint: string) => {
      const query = new URLSearchParams({ id_token_hint: hint });
      return (await fetch(`${target().issuer}/logout?${query}`, { redirect: 'manual' })).status;
    };

    test('Only an ID token is accepted as an ID token hint, at authorization and at sign-out', async () => {
      assert.equal(await hinted(tokens.idToken), 'login_required');
      const payload = decodeJwt(tokens.idToken) as Json;
      const hints = {
        ...forgeries(),
        'access token': tokens.accessToken,
        'refresh token': tokens.refreshToken,
        'alg none': forge({ alg: 'none' }, payload, () => Buffer.alloc(0)),
        'own key': forge({ alg: 'RS256', kid: serverJwk.kid }, payload, byOwnKey),
        'HS256 with the public key': forge(
          { alg: 'HS256', kid: serverJwk.kid },
          payload,
          hmacWith(serverKey.export({ type: 'spki', format: 'pem' })),
        ),
        'another issuer': forge(
          { alg: 'RS256', kid: serverJwk.kid },
          { ...payload, iss: 'https://evil.example' },
          byOwnKey,
        ),
        'no JSON': 'e30.e30.e30',
        'many audiences': forge({ alg: 'RS256' }, { ...payload, aud: [['app']] }, byOwnKey),
        'an object for an audience': forge({ alg: 'RS256' }, { ...payload, aud: {} }, byOwnKey),
      };
      for (const [what, hint] of Object.entries(hints)) {
        assert.equal(await hinted(hint), 'invalid_request', what);
        assert.equal(await signOut(hint), 400, what);
      }
    });
  });

  describe('Client assertions', () => {
    const claims = (changes: Json = {}): Json => ({
      iss: 'signer',
      sub: 'signer',
      aud: target().issuer,
      jti: randomId(),
      exp: Math.floor(Date.now() / 1000) + 60,
      ...changes,
    });
    const header = { alg: 'ES256', kid: 'signer-key' };
    const bySigner = (input: string) =>
      sign('sha256', Buffer.from(input), { key: signerKeys.privateKey, dsaEncoding: 'ieee-p1363' });
    const ask = async (client_assertion: string, more: Record<string, string> = {}) => {
      const { status, body } = await postForm(`${target().issuer}/token`, {
        grant_type: 'client_credentials',
        client_assertion,
        client_assertion_type: assertionType,
        ...more,
      });
      return [status, body.error];
    };

    test("A client assertion is accepted once, for this issuer, with the client's own key and algorithm", async () => {
      const good = forge(header, claims(), bySigner);
      assert.deepEqual(await ask(good), [200, undefined]);
      assert.deepEqual(await ask(good), [401, 'invalid_client'], 'replayed');
      const publicKey = signerKeys.publicKey.export({ type: 'spki', format: 'pem' });
      const ownEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const byOwnEc = (input: string) =>
        sign('sha256', Buffer.from(input), { key: ownEc.privateKey, dsaEncoding: 'ieee-p1363' });
      const jwk = ownEc.publicKey.export({ format: 'jwk' });
      const now = Math.floor(Date.now() / 1000);
      const assertions: Record<string, string> = {
        none: forge({ alg: 'none' }, claims(), () => Buffer.alloc(0)),
        'HS256 with the public key': forge({ alg: 'HS256' }, claims(), hmacWith(publicKey)),
        'a foreign key': forge(header, claims(), byOwnEc),
        'a key in the header': forge({ ...header, jwk }, claims(), byOwnEc),
        'a key at jku': forge({ ...header, jku: attackersServer.url }, claims(), byOwnEc),
        'a signature of zeroes (CVE-2022-21449)': forge(header, claims(), () => Buffer.alloc(64)),
        'another audience': forge(header, claims({ aud: 'https://evil.example' }), bySigner),
        'no audience': forge(header, claims({ aud: undefined }), bySigner),
        'another issuer': forge(header, claims({ iss: 'job' }), bySigner),
        'another subject': forge(header, claims({ sub: 'app' }), bySigner),
        'a subject that is no text': forge(header, claims({ sub: { $ne: null } }), bySigner),
        'no expiry': forge(header, claims({ exp: undefined }), bySigner),
        'an expiry of text': forge(header, claims({ exp: 'never' }), bySigner),
        expired: forge(header, claims({ exp: now - 3600 }), bySigner),
        'not yet valid': forge(header, claims({ nbf: now + 3600 }), bySigner),
        'no jti': forge(header, claims({ jti: undefined }), bySigner),
        'an access token': tokens.accessToken,
        'an ID token': tokens.idToken,
      };
      for (const [what, assertion] of Object.entries(assertions)) {
        const [status] = await ask(assertion);
        assert.ok(status === 401 || status === 400, `${what}: ${status}`);
      }
      assert.equal(attackersServer.requests(), 0);
      const type = { client_assertion_type: 'urn:example:other' };
      assert.equal((await ask(forge(header, claims(), bySigner), type))[0], 400);
      const two = { client_id: 'job', client_secret: 'x' };
      assert.equal((await ask(forge(header, claims(), bySigner), two))[0], 400);
    });
  });

  test('A request object not signed by its client is refused, and none is fetched', async () => {
    const { issuer } = target();
    const inner = { ...Object.fromEntries(parameters()), redirect_uri: 'https://evil.example/' };
    for (const request of [
      forge({ alg: 'none' }, inner, () => Buffer.alloc(0)),
      forge({ alg: 'RS256' }, inner, byOwnKey),
      tokens.accessToken,
      tokens.idToken,
    ]) {
      const query = new URLSearchParams([...parameters(), ['request', request]]);
      const answer = await fetch(`${issuer}/authorize?${query}`, { redirect: 'manual' });
      const location = new URL(answer.headers.get('location') ?? '');
      assert.equal(location.host, 'app.example');
      assert.equal(location.searchParams.get('error'), 'invalid_request_object');
      assert.equal((await postForm(`${issuer}/par`, query)).status, 400);
    }
    const query = new URLSearchParams([...parameters(), ['request_uri', attackersServer.url]]);
    const answer = await fetch(`${issuer}/authorize?${query}`, { redirect: 'manual' });
    const { searchParams } = new URL(answer.headers.get('location') ?? '');
    assert.equal(searchParams.get('error'), 'request_uri_not_supported');
    assert.equal(attackersServer.requests(), 0);
  });

  test('The published JWKS holds public keys only', async () => {
    const { keys } = await target().jwks();
    for (const key of keys) {
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) {
        assert.equal(part in key, false, part);
      }
      assert.equal(key.use, 'sig');
      assert.ok(key.kid && key.alg);
    }
  });
});
