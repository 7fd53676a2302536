import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createKey } from '../../src/api_keys/model/key_format.ts';
import type { PlainRequest } from '../../src/verifier/index.ts';
import { createProofKey, type ProofKey } from '../support/dpop_proof.ts';
import { apiClient } from './support/key_endpoint.ts';
import { createSigningKey } from './support/keys.ts';
import { type Setting, setUp } from './support/verifying.ts';

/** Whatever comes in is refused with a code (`code` fails on any other error), and nothing is accepted. */
describe('Hostile input to the verifier', () => {
  let at: Setting;
  let key: ProofKey;
  let token: string;
  let bound: string;
  const ends: (() => unknown)[] = [];
  before(async () => {
    at = await setUp({ after: (end) => ends.push(end) });
    key = await createProofKey();
    token = await at.issuer.issue();
    bound = await at.issuer.issue({ cnf: { jkt: key.thumbprint } });
    assert.equal(await at.code(token), 'ok');
  });
  after(() => Promise.all(ends.map((end) => end())));

  const refused = async (input: unknown) => assert.notEqual(await at.code(input as string), 'ok');
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Bearer ${text}`),
    fc.string().map((text) => `DPoP ${text}`),
    fc.json(),
  );

  test('Any value as a request is refused without an exception', async () => {
    await fc.assert(fc.asyncProperty(fc.anything({ withBigInt: true }), refused), { numRuns: 500 });
  });

  test('Any text as a token or header is refused without an exception', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), refused), { numRuns: 500 });
    const request = fc.record(
      {
        headers: fc.oneof(
          fc.record({ authorization: fc.oneof(header, fc.array(header)), dpop: header }),
          fc.dictionary(header, header),
          fc.anything(),
        ),
        method: fc.oneof(fc.string(), fc.anything()),
        url: fc.oneof(fc.webUrl(), fc.string(), fc.anything()),
        token: fc.oneof(header, fc.anything()),
        proof: fc.anything(),
        scheme: fc.anything(),
        certificate: fc.anything(),
        socket: fc.anything(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(fc.asyncProperty(request, refused), { numRuns: 500 });
  });

  test('A request that throws when it is read is refused', async () => {
    const trap = () => {
      throw new Error('trap');
    };
    const handler = { get: trap, has: trap, ownKeys: trap, getOwnPropertyDescriptor: trap };
    await refused(new Proxy({}, handler));
    await refused({ headers: new Proxy({}, handler) });
    await refused({ headers: { get: trap } });
  });

  test('A valid token with any one character changed is refused', async () => {
    const position = fc.nat({ max: token.length - 1 });
    await fc.assert(
      fc.asyncProperty(position, fc.string({ minLength: 1, maxLength: 1 }), async (at, other) => {
        if (token[at] === other) return;
        await refused(token.slice(0, at) + other + token.slice(at + 1));
      }),
      { numRuns: 300 },
    );
  });

  test('A valid token that is cut, doubled or joined is refused', async () => {
    const cut = fc.tuple(fc.nat(token.length - 1), fc.nat(token.length)).map(([from, to]) => {
      return token.slice(Math.min(from, to), Math.max(from, to) - 1);
    });
    await fc.assert(fc.asyncProperty(cut, refused), { numRuns: 200 });
    for (const other of [`${token}.`, `.${token}`, `${token}${token}`, token.repeat(40)]) {
      await refused(other);
    }
  });

  test("Claims and headers of any kind under a stranger's signature are refused", async () => {
    const stranger = {
      ...at.issuer.signingKey(),
      privateKey: (await createSigningKey()).privateKey,
    };
    const claims = fc.dictionary(
      fc.constantFrom('iss', 'aud', 'exp', 'cnf', 'status'),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(claims, async (changes) => {
        await refused(await at.issuer.issue(changes, {}, stranger));
      }),
      { numRuns: 100 },
    );
  });

  test('Claims of any kind, even signed by the issuer, cause no exception', async () => {
    const claims = fc.constantFrom('iss', 'aud', 'exp', 'iat', 'sub', 'jti', 'client_id', 'scope');
    const wrong = fc.oneof(fc.constant(null), fc.object(), fc.boolean(), fc.array(fc.nat()));
    const binding = fc.constantFrom('cnf', 'status', 'nbf', 'environment');
    await fc.assert(
      fc.asyncProperty(fc.oneof(claims, binding), wrong, async (name, value) => {
        await refused(await at.issuer.issue({ [name]: value }));
      }),
      { numRuns: 200 },
    );
  });

  test('Any value is refused without an exception where API keys are enabled', async (context) => {
    const { issuer, code } = await setUp(context, { api_keys: apiClient });
    const { key } = issuer.apiKeys.make();
    const refusedHere = async (input: unknown) =>
      assert.notEqual(await code(input as string), 'ok');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      header,
      fc.stringMatching(/^[a-z]{2,16}_(live|test)_[0-9A-Za-z]{36,40}$/),
    );
    await fc.assert(fc.asyncProperty(fc.anything({ withBigInt: true }), refusedHere));
    const headers = fc.dictionary(
      fc.constantFrom('authorization', 'Authorization', 'x-api-key', 'X-Api-Key', 'dpop'),
      fc.oneof(text, fc.array(text), fc.anything()),
    );
    const request = fc.record({ headers, url: fc.oneof(fc.string(), text) });
    await fc.assert(fc.asyncProperty(request, refusedHere), { numRuns: 500 });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(key.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, other) => {
          const changed = key.slice(0, at) + other + key.slice(at + 1);
          if (changed !== key) await refusedHere({ headers: { 'x-api-key': changed } });
        },
      ),
      { numRuns: 300 },
    );
    assert.equal(issuer.apiKeys.requests.length, 0);
    assert.equal(await code(key), 'ok');
  });

  test('Any response about an API key is handled without an exception', async (context) => {
    const { issuer, code } = await setUp(context, { api_keys: { ...apiClient, cache: 0 } });
    const good = issuer.apiKeys.make({ limit: 10 }).answer;
    let answer: unknown;
    issuer.apiKeys.answerInstead((response) => {
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    const refusedAnswer = async (given: unknown) => {
      answer = given;
      assert.notEqual(await code(createKey('acme', 'live')), 'ok');
    };
    await fc.assert(fc.asyncProperty(fc.oneof(fc.json(), fc.string()), refusedAnswer), {
      numRuns: 100,
    });
    const members = fc.constantFrom(
      ...['key_id', 'api', 'project', 'environment', 'scopes', 'tier', 'expires_at', 'metadata'],
      ...['rate_limit', 'valid'],
    );
    const wrong = fc.oneof(fc.constant(7), fc.constant(''), fc.constant([{}]), fc.constant(false));
    await fc.assert(
      fc.asyncProperty(members, wrong, async (name, value) => {
        await refusedAnswer({ results: [{ valid: true, ...good, [name]: value }] });
      }),
      { numRuns: 60 },
    );
    await refusedAnswer({ results: [{ valid: true, ...good, user: 'both' }] });
    await refusedAnswer({ results: Array(2).fill({ valid: true, ...good }) });
    answer = { results: [{ valid: true, ...good }] };
    assert.equal(await code(createKey('acme', 'live')), 'ok');
  });

  test('DPoP proofs of any kind are refused without an exception', async () => {
    const good = { token: bound, method: 'GET', url: 'https://orders.example/items' };
    const prove = (options: Parameters<ProofKey['prove']>[2]) =>
      key.prove('GET', good.url, { accessToken: bound, ...options });
    const refusedWith = async (proof: unknown) => refused({ ...good, proof } as PlainRequest);
    await fc.assert(fc.asyncProperty(fc.anything(), refusedWith), { numRuns: 200 });
    const claim = fc.constantFrom('htm', 'htu', 'ath', 'iat');
    await fc.assert(
      fc.asyncProperty(claim, fc.jsonValue(), async (name, value) => {
        await refusedWith(await prove({ changes: { [name]: value } }));
      }),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (jwk) => {
        await refusedWith(await prove({ header: { jwk } }));
      }),
      { numRuns: 100 },
    );
    assert.equal(await at.code({ ...good, proof: await prove({}) }), 'ok');
  });
});
