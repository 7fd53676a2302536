import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { base64url, SignJWT } from 'jose';
import { createSigningKey } from './support/keys.ts';
import { another, codeOf, refusalOf, type Setting, setUp } from './support/verifying.ts';

describe('Access token verification', () => {
  let at: Setting;
  const ends: (() => unknown)[] = [];
  before(async () => {
    at = await setUp({ after: (end) => ends.push(end) });
  });
  after(() => Promise.all(ends.map((end) => end())));

  test('A valid token is accepted and returned with its claims, scopes and header', async () => {
    const token = await at.issuer.issue();
    const verified = await at.verifier.verify(token);
    assert.equal(verified.claims.sub, 'alice');
    assert.equal(verified.kind, 'access_token');
    assert.equal(verified.header?.typ, 'at+jwt');
    assert.deepEqual(verified.scopes, ['orders:read', 'orders:write']);
    assert.equal(verified.binding, 'none');
    assert.equal(verified.revocation, 'checked');
  });

  test('A token may name its type with or without application/, and several audiences', async () => {
    const typ = await at.issuer.issue({}, { typ: 'application/at+jwt' });
    assert.equal(await at.code(typ), 'ok');
    const audiences = await at.issuer.issue({ aud: ['https://other.example', at.issuer.audience] });
    assert.equal(await at.code(audiences), 'ok');
  });

  const now = () => Math.floor(Date.now() / 1000);
  const wrong: [string, () => Record<string, unknown>, string][] = [
    ['of another issuer', () => ({ iss: 'https://evil.example' }), 'wrong_issuer'],
    ['of an issuer with a slash', () => ({ iss: `${at.issuer.issuer}/` }), 'wrong_issuer'],
    ['without issuer', () => ({ iss: undefined }), 'wrong_issuer'],
    ['for another audience', () => ({ aud: 'https://other.example' }), 'wrong_audience'],
    ['for a prefix of the audience', () => ({ aud: 'https://orders' }), 'wrong_audience'],
    ['without audience', () => ({ aud: undefined }), 'wrong_audience'],
    ['with an object as audience', () => ({ aud: { a: 1 } }), 'wrong_audience'],
    ['that has expired', () => ({ exp: now() - 6 }), 'expired'],
    ['without expiry', () => ({ exp: undefined }), 'invalid_claims'],
    ['with a text as expiry', () => ({ exp: '9999999999' }), 'invalid_claims'],
    ['from the future', () => ({ iat: now() + 60 }), 'not_yet_valid'],
    ['that is not valid yet', () => ({ nbf: now() + 60 }), 'not_yet_valid'],
    ['without iat', () => ({ iat: undefined }), 'invalid_claims'],
    ['without subject', () => ({ sub: undefined }), 'invalid_claims'],
    ['without client', () => ({ client_id: undefined }), 'invalid_claims'],
    ['without id', () => ({ jti: undefined }), 'invalid_claims'],
    ['with an array of scopes', () => ({ scope: ['orders:read'] }), 'invalid_claims'],
    ['without status', () => ({ status: undefined }), 'status_missing'],
  ];
  for (const [name, claims, code] of wrong) {
    test(`A token ${name} is refused`, async () => {
      assert.equal(await at.code(await at.issuer.issue(claims())), code);
    });
  }

  test('A token belongs to the environment of its API key, or to live without one, and is refused in any other', async (context) => {
    const { issuer } = at;
    const [live, testing, any] = (['live', 'test', 'any'] as const).map((environment) =>
      another(context, issuer, { environment }),
    );
    assert.ok(live && testing && any);
    const answers = async (environment: unknown) => {
      const token = await issuer.issue({ environment });
      return Promise.all([at, live, testing, any].map(({ code }) => code(token)));
    };
    const no = 'wrong_environment';
    assert.deepEqual(await answers(undefined), ['ok', 'ok', no, 'ok']);
    assert.deepEqual(await answers('live'), ['ok', 'ok', no, 'ok']);
    assert.deepEqual(await answers('test'), [no, no, 'ok', 'ok']);
    for (const neither of ['prod', 'any', 'Test', 'live ', '', null, true, ['live'], { live: 1 }]) {
      assert.deepEqual(await answers(neither), [no, no, no, no], JSON.stringify(neither));
    }
    const told = async (claims: Record<string, unknown>) =>
      (await any.verifier.verify(await issuer.issue(claims))).environment;
    assert.deepEqual([await told({}), await told({ environment: 'test' })], ['live', 'test']);
    // Who has no token of the issuer's learns nothing of it.
    const [header, payload] = (await issuer.issue({ environment: 'test' })).split('.');
    const [, , signature] = (await issuer.issue()).split('.');
    assert.equal(await at.code([header, payload, signature].join('.')), 'bad_signature');
    const refusal = await refusalOf(
      at.verifier.verify(await issuer.issue({ environment: 'test' })),
    );
    assert.deepEqual([refusal.status, refusal.error], [401, 'invalid_token']);
    assert.equal(refusal.message, 'The token is of another environment');
  });

  test('A token within the clock tolerance is accepted', async () => {
    const late = await at.issuer.issue({ exp: now() - 2, iat: now() + 2, nbf: now() + 2 });
    assert.equal(await at.code(late), 'ok');
  });

  for (const typ of ['JWT', 'AT+JWT', 'statuslist+jwt', 'at+jwt ', undefined]) {
    test(`A token of type ${typ} is refused`, async () => {
      assert.equal(await at.code(await at.issuer.issue({}, { typ })), 'wrong_type');
    });
  }

  test('An unsigned or symmetrically signed token is refused, whatever its header says', async () => {
    const [, payload] = (await at.issuer.issue()).split('.');
    const header = (alg: string) =>
      base64url.encode(JSON.stringify({ alg, typ: 'at+jwt', kid: at.issuer.signingKey().kid }));
    assert.equal(await at.code(`${header('none')}.${payload}.`), 'wrong_algorithm');
    assert.equal(await at.code(`${header('none')}.${payload}.AA`), 'wrong_algorithm');
    const secret = new TextEncoder().encode(JSON.stringify(at.issuer.signingKey().publicJwk));
    const confused = await new SignJWT({ iss: at.issuer.issuer })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: at.issuer.signingKey().kid })
      .sign(secret);
    assert.equal(await at.code(confused), 'wrong_algorithm');
  });

  test('A token cannot choose another algorithm for a published key or bring its own key', async () => {
    const { kid, privateKey, algorithm } = at.issuer.signingKey();
    assert.equal(algorithm, 'RS256');
    const other = await createSigningKey('RS512');
    const claims = await at.issuer.issue({}, { kid, alg: 'RS512' }, { ...other, kid });
    assert.equal(await at.code(claims), 'unknown_key');
    assert.ok(privateKey);
    const own = await createSigningKey('RS256');
    const brought = await at.issuer.issue({}, { kid: own.kid, jwk: own.publicJwk }, own);
    assert.equal(await at.code(brought), 'unknown_key');
    assert.equal(await at.code(await at.issuer.issue({}, { kid }, own)), 'bad_signature');
    assert.equal(await at.code(await at.issuer.issue({}, { kid: undefined })), 'unknown_key');
  });

  test('A token with a critical extension is refused', async () => {
    const token = await new SignJWT({ iss: at.issuer.issuer })
      .setProtectedHeader({
        alg: 'RS256',
        typ: 'at+jwt',
        kid: at.issuer.signingKey().kid,
        crit: ['b64'],
        b64: true,
      })
      .sign(at.issuer.signingKey().privateKey);
    const [, ...rest] = token.split('.');
    const header = base64url.encode(
      JSON.stringify({ alg: 'RS256', typ: 'at+jwt', crit: ['x'], x: 1, kid: 'k' }),
    );
    assert.equal(await at.code([header, ...rest].join('.')), 'malformed_token');
  });

  test('A token has one valid spelling only', async () => {
    const token = await at.issuer.issue();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = token.at(-1) ?? '';
    const twin = alphabet[alphabet.indexOf(last) + 1] ?? '';
    assert.deepEqual(
      base64url.decode(token.split('.')[2] ?? ''),
      base64url.decode(`${token.slice(0, -1).split('.')[2]}${twin}`),
    );
    const middle = token.length - 30;
    for (const other of [
      `${token.slice(0, -1)}${twin}`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token.slice(0, middle)} ${token.slice(middle)}`,
    ]) {
      assert.notEqual(await at.code(other), 'ok');
    }
  });

  test('A token must have every required scope', async () => {
    const token = await at.issuer.issue({ scope: 'orders:read' });
    assert.equal(await at.code(token, 'orders:read'), 'ok');
    assert.equal(await at.code(token, 'orders:read orders:write'), 'insufficient_scope');
    assert.equal(await at.code(token, 'orders'), 'insufficient_scope');
    const none = await at.issuer.issue({ scope: undefined });
    assert.equal(await at.code(none, 'orders:read'), 'insufficient_scope');
    const refusal = await refusalOf(at.verifier.verify(token, { scopes: ['orders:write'] }));
    assert.equal(refusal.status, 403);
    assert.match(
      String(refusal.wwwAuthenticate),
      /scope="orders:write", error="insufficient_scope"/,
    );
    await assert.rejects(at.verifier.verify(token, { scopes: 'a"b' }), TypeError);
  });

  const unusable: Record<string, () => unknown> = {
    nothing: () => null,
    'a list of another host': () => ({
      status_list: { uri: 'https://evil.example/status-lists/first', idx: 1 },
    }),
    'a path that climbs': () => ({
      status_list: { uri: `${at.issuer.issuer}/status-lists/../x`, idx: 1 },
    }),
    'a host that begins like ours': () => ({
      status_list: { uri: `${at.issuer.issuer}.evil.example/status-lists/first`, idx: 1 },
    }),
    'a query': () => ({ status_list: { uri: `${at.issuer.firstList.uri}?a`, idx: 1 } }),
    'a negative index': () => ({ status_list: { uri: at.issuer.firstList.uri, idx: -1 } }),
    'a broken index': () => ({ status_list: { uri: at.issuer.firstList.uri, idx: 1.5 } }),
    'a text as index': () => ({ status_list: { uri: at.issuer.firstList.uri, idx: '1' } }),
    'no index': () => ({ status_list: { uri: at.issuer.firstList.uri } }),
    'an index beyond the list': () => ({
      status_list: { uri: at.issuer.firstList.uri, idx: 2 ** 20 },
    }),
    'another mechanism only': () => ({ other: {} }),
  };
  for (const [name, status] of Object.entries(unusable)) {
    test(`A token whose status claim is or names ${name} is refused without a request`, async () => {
      const before = at.issuer.requests.length;
      const code = await at.code(await at.issuer.issue({ status: status() }));
      assert.equal(code, 'status_invalid');
      const asked = at.issuer.requests.slice(before).map(({ path }) => path);
      assert.deepEqual(
        asked.filter((path) => path !== '/status-lists/first'),
        [],
      );
    });
  }

  test('A token without status is accepted where that is configured, and is marked as irrevocable', async (context) => {
    const other = await setUp(context, { require_status: false });
    const verified = await other.verifier.verify(await other.issuer.issue({ status: undefined }));
    assert.equal(verified.revocation, 'none');
    assert.equal(
      await codeOf(other.verifier)(await other.issuer.issue({ status: {} })),
      'status_invalid',
    );
  });

  test('A token verifies with every asymmetric algorithm that an issuer may use', async (context) => {
    for (const algorithm of ['ES256', 'PS256', 'EdDSA']) {
      const other = await setUp(context, {}, { algorithm, path: '/tenant' });
      assert.equal(await other.code(await other.issuer.issue()), 'ok');
    }
  });
});
