import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createReplayCache } from '../../src/verifier/access_tokens/replay_cache.ts';
import { createProofKey, type ProofKey } from '../support/dpop_proof.ts';
import { clientCertificate, otherCertificate } from './support/certificates.ts';
import { another, refusalOf, type Setting, setUp } from './support/verifying.ts';

const url = 'https://orders.example/items?page=2';
const target = 'https://orders.example/items';
const now = () => Math.floor(Date.now() / 1000);

describe('DPoP-bound tokens', () => {
  let at: Setting;
  let key: ProofKey;
  let token: string;
  const ends: (() => unknown)[] = [];
  before(async () => {
    at = await setUp({ after: (end) => ends.push(end) });
    key = await createProofKey();
    token = await at.issuer.issue({ cnf: { jkt: key.thumbprint } });
  });
  after(() => Promise.all(ends.map((end) => end())));

  type Options = Parameters<ProofKey['prove']>[2];
  const present = async (options: Options = {}, htm = 'GET', htu = target) => ({
    token,
    method: 'GET',
    url,
    proof: await key.prove(htm, htu, { accessToken: token, ...options }),
  });

  test('A DPoP-bound token is accepted once with a proof by its key', async () => {
    const request = await present();
    const verified = await at.verifier.verify(request);
    assert.equal(verified.binding, 'dpop');
    assert.equal(await at.code(request), 'proof_replayed');
  });

  test('A DPoP proof that arrives several times at once is accepted once', async () => {
    const request = await present();
    const codes = await Promise.all(Array.from({ length: 20 }, () => at.code(request)));
    assert.equal(codes.filter((code) => code === 'ok').length, 1);
    assert.equal(codes.filter((code) => code === 'proof_replayed').length, 19);
  });

  test('A DPoP-bound token is refused as a bearer token, even beside a proof', async () => {
    const { proof } = await present();
    assert.equal(await at.code(token), 'proof_missing');
    const headers = { authorization: `Bearer ${token}`, dpop: proof };
    assert.equal(await at.code({ headers, method: 'GET', url }), 'proof_missing');
    const refusal = await refusalOf(at.verifier.verify({ headers, method: 'GET', url }));
    assert.match(String(refusal.wwwAuthenticate), /^DPoP .*error="invalid_token".*algs="RS256 /);
    const without = { headers: { authorization: `DPoP ${token}` }, method: 'GET', url };
    assert.equal(await at.code(without), 'proof_missing');
  });

  test("A DPoP proof must match the method and the API's known URL, whatever the Host header says", async () => {
    const request = async (htu: string) => ({
      httpVersion: '1.1',
      // Whoever forwards a stolen proof sets the Host header as it likes.
      headers: {
        host: 'evil.example',
        authorization: `dpop ${token}`,
        dpop: await key.prove('GET', htu, { accessToken: token }),
      },
      method: 'GET',
      url: '/items?page=2',
    });
    assert.equal(await at.code(await request(target)), 'ok');
    assert.equal(await at.code(await request('https://evil.example/items')), 'proof_mismatch');
    const fetched = new Request('https://evil.example/items', {
      headers: (await request('https://evil.example/items')).headers,
    });
    assert.equal(await at.code(fetched), 'proof_mismatch');
  });

  test('A DPoP proof behind a proxy is checked against the public URL', async (context) => {
    const behind = another(context, at.issuer, { public_url: 'https://api.example/orders/' });
    const proof = await key.prove('GET', 'https://api.example/orders/items', {
      accessToken: token,
    });
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    assert.equal(await behind.code({ headers, method: 'GET', url: '/items' }), 'ok');
  });

  for (const same of [
    'HTTPS://ORDERS.example:443/items#part',
    'https://orders.example/%69tems?other=1',
    'https://orders.example/a/../items',
  ]) {
    test(`A DPoP proof may spell its URL as ${same}`, async () => {
      assert.equal(await at.code(await present({}, 'GET', same)), 'ok');
    });
  }

  const bad: [string, () => Promise<object>, string][] = [
    ['for another method', () => present({}, 'POST'), 'proof_mismatch'],
    ['for a method in lower case', () => present({}, 'get'), 'proof_mismatch'],
    ['for another path', () => present({}, 'GET', `${target}/1`), 'proof_mismatch'],
    ['for another host', () => present({}, 'GET', 'https://evil.example/items'), 'proof_mismatch'],
    ['for http', () => present({}, 'GET', 'http://orders.example/items'), 'proof_mismatch'],
    [
      'for a URL with a user',
      () => present({}, 'GET', 'https://a@orders.example/items'),
      'proof_mismatch',
    ],
    ['for another token', () => present({ accessToken: 'other' }), 'proof_mismatch'],
    ['for no token', () => present({ changes: { ath: undefined } }), 'proof_mismatch'],
    ['that is old', () => present({ changes: { iat: now() - 70 } }), 'proof_expired'],
    ['from the future', () => present({ changes: { iat: now() + 10 } }), 'proof_expired'],
    ['without time', () => present({ changes: { iat: undefined } }), 'proof_invalid'],
    ['with a text as time', () => present({ changes: { iat: 'now' } }), 'proof_invalid'],
    ['without id', () => present({ changes: { jti: undefined } }), 'proof_invalid'],
    ['with an endless id', () => present({ changes: { jti: 'a'.repeat(513) } }), 'proof_invalid'],
    ['without method', () => present({ changes: { htm: undefined } }), 'proof_mismatch'],
    ['of another type', () => present({ header: { typ: 'JWT' } }), 'proof_invalid'],
    ['without key', () => present({ header: { jwk: undefined } }), 'proof_invalid'],
    [
      'with a private key inside',
      () => present({ header: { jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' } } }),
      'proof_invalid',
    ],
    [
      'with a symmetric key',
      () => present({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
      'proof_invalid',
    ],
    [
      'with a monstrous key',
      () => present({ header: { jwk: { kty: 'RSA', n: 'a'.repeat(4000), e: 'AQAB' } } }),
      'proof_invalid',
    ],
  ];
  for (const [name, make, code] of bad) {
    test(`A DPoP-bound token is refused with a proof ${name}`, async () => {
      assert.equal(await at.code((await make()) as { token: string }), code);
    });
  }

  test('A proof with another key, or signed by another key, is refused', async () => {
    const thief = await createProofKey();
    const stolen = await thief.prove('GET', target, { accessToken: token });
    assert.equal(await at.code({ token, method: 'GET', url, proof: stolen }), 'proof_key_mismatch');
    const { proof } = await present();
    const [header] = proof.split('.');
    const forged = [header, ...stolen.split('.').slice(1)].join('.');
    assert.equal(await at.code({ token, method: 'GET', url, proof: forged }), 'proof_invalid');
    const refusal = await refusalOf(
      at.verifier.verify({ token, method: 'GET', url, proof: forged }),
    );
    assert.equal(refusal.status, 401);
    assert.match(String(refusal.wwwAuthenticate), /^DPoP .*error="invalid_dpop_proof"/);
  });

  test('A DPoP-bound token is refused if the method and URL of the request are not given', async () => {
    const { proof } = await present({ changes: { htm: undefined } });
    assert.equal(await at.code({ token, url, proof }), 'proof_mismatch');
    assert.equal(
      await at.code({ token, method: 'GET', proof: (await present()).proof }),
      'proof_mismatch',
    );
  });

  test('A request with two DPoP proofs is refused', async () => {
    const proof = `${(await present()).proof}, ${(await present()).proof}`;
    assert.equal(await at.code({ token, method: 'GET', url, proof }), 'proof_invalid');
  });

  test('A DPoP-bound token is refused where DPoP is off, and an unbound one where DPoP is required', async (context) => {
    const without = another(context, at.issuer, { dpop: false });
    assert.equal(await without.code(await present()), 'unsupported_binding');
    const required = another(context, at.issuer, { dpop: { required: true } });
    assert.equal(await required.code(await at.issuer.issue()), 'binding_required');
    assert.equal(await required.code(await present()), 'ok');
  });

  test('An unbound token is refused under the DPoP scheme', async () => {
    const unbound = await at.issuer.issue();
    const proof = await key.prove('GET', target, { accessToken: unbound });
    assert.equal(await at.code({ token: unbound, method: 'GET', url, proof }), 'token_not_bound');
  });

  for (const cnf of [null, {}, 'x', { kid: 'x' }, { jkt: 7 }, { jkt: 'x', jwk: {} }, []]) {
    test(`A token with an unknown binding is refused: ${JSON.stringify(cnf)}`, async () => {
      assert.equal(await at.code(await at.issuer.issue({ cnf })), 'unsupported_binding');
    });
  }

  test('A DPoP proof may use RSA and Ed25519 keys, but only allowed algorithms', async (context) => {
    const only = another(context, at.issuer, { dpop: { algorithms: ['ES256'] } });
    for (const algorithm of ['PS256', 'EdDSA']) {
      const other = await createProofKey(algorithm);
      const bound = await at.issuer.issue({ cnf: { jkt: other.thumbprint } });
      const request = async () => ({
        token: bound,
        method: 'GET',
        url,
        proof: await other.prove('GET', target, { accessToken: bound }),
      });
      assert.equal(await at.code(await request()), 'ok');
      assert.equal(await only.code(await request()), 'proof_invalid');
    }
  });
});

describe('Replay memory of DPoP proofs', () => {
  test('The replay memory is bounded and refuses new proofs when full', () => {
    const cache = createReplayCache(100, 60);
    for (let key = 0; key < 10; key += 1) {
      for (let id = 0; id < 10; id += 1) assert.equal(cache.add(`k${key}`, `${id}`, 0), 'new');
    }
    assert.equal(cache.add('k10', '0', 30), 'full');
    assert.equal(cache.add('k0', '0', 60), 'replayed');
    assert.equal(cache.add('k10', '0', 61), 'new');
    assert.equal(cache.size(), 1);
  });

  test('The proofs of one key leave room for those of others', () => {
    const cache = createReplayCache(100, 60);
    const own = Array.from({ length: 50 }, (_, id) => cache.add('greedy', `${id}`, 0));
    assert.equal(own.filter((answer) => answer === 'new').length, 10);
    assert.equal(cache.add('other', '0', 0), 'new');
  });
});

describe('Certificate-bound tokens', () => {
  const der = new X509Certificate(clientCertificate).raw;
  const cnf = { 'x5t#S256': createHash('sha256').update(der).digest('base64url') };

  test('A certificate-bound token is accepted only over a connection with that certificate', async (context) => {
    const { issuer, code, verifier } = await setUp(context);
    const token = await issuer.issue({ cnf });
    const other = new X509Certificate(otherCertificate).raw;
    assert.equal(await code(token), 'certificate_missing');
    for (const certificate of [clientCertificate, der, { raw: der }]) {
      assert.equal((await verifier.verify({ token, certificate })).binding, 'mtls');
    }
    assert.equal(await code({ token, certificate: other }), 'certificate_mismatch');
    assert.equal(await code({ token, certificate: 'garbage' }), 'certificate_mismatch');
    const request = (raw: Uint8Array | undefined) => ({
      httpVersion: '1.1',
      headers: { authorization: `Bearer ${token}` },
      socket: { getPeerCertificate: () => (raw ? { raw } : {}) },
      certificate: der,
    });
    assert.equal(await code(request(der)), 'ok');
    assert.equal(await code(request(other)), 'certificate_mismatch');
    assert.equal(await code(request(undefined)), 'certificate_missing');
  });

  test('A certificate-bound token is accepted with the certificate that a trusted proxy reports', async (context) => {
    const { issuer, code } = await setUp(context, {
      client_certificate: (request) =>
        (request as { headers: Record<string, string> }).headers['x-client-certificate'],
    });
    const headers = { authorization: `Bearer ${await issuer.issue({ cnf })}` };
    assert.equal(await code({ headers }), 'certificate_missing');
    const named = { ...headers, 'x-client-certificate': clientCertificate };
    assert.equal(await code({ headers: named }), 'ok');
  });
});
