import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.ts';
import { another, refusalOf, type Setting, setUp } from './support/verifying.ts';

describe('Token presentation', () => {
  let at: Setting;
  let token: string;
  const ends: (() => unknown)[] = [];
  before(async () => {
    at = await setUp({ after: (end) => ends.push(end) }, { dpop: { algorithms: ['ES256'] } });
    token = await at.issuer.issue();
  });
  after(() => Promise.all(ends.map((end) => end())));

  const headers = (authorization: string) => ({ headers: { authorization } });

  test('A valid token is accepted in every supported shape of request', async () => {
    const authorization = `Bearer ${token}`;
    for (const request of [
      token,
      { token },
      headers(authorization),
      headers(`bearer  ${token} `),
      { headers: { Authorization: authorization } },
      { headers: { authorization: [authorization] } },
      { headers: new Headers({ authorization }) },
      new Request('https://orders.example/?page=2', { headers: { authorization } }),
    ]) {
      assert.equal(await at.code(request), 'ok');
    }
  });

  for (const request of [
    { headers: {} },
    { headers: { authorization: '' } },
    { headers: { authorization: 'Basic YTpi' } },
    { headers: { authorization: 'Bearerx a' } },
    { headers: { cookie: 'access_token=a' }, body: { access_token: 'a' } },
  ]) {
    test(`A request without a token gets a challenge without an error: ${JSON.stringify(request)}`, async () => {
      const refusal = await refusalOf(at.verifier.verify(request));
      assert.equal(refusal.code, 'missing_token');
      assert.equal(refusal.status, 401);
      assert.equal(refusal.error, undefined);
      assert.equal(
        refusal.wwwAuthenticate,
        'Bearer realm="https://orders.example", DPoP algs="ES256"',
      );
    });
  }

  test('A request with a token in its query is refused, whatever else it has', async () => {
    for (const query of ['?access_token=a', '?a=b&access_token=', '?access%5Ftoken=a#b']) {
      const request = { ...headers(`Bearer ${token}`), url: `/items${query}` };
      const refusal = await refusalOf(at.verifier.verify(request));
      assert.equal(refusal.code, 'token_in_query');
      assert.equal(refusal.status, 400);
      assert.match(String(refusal.wwwAuthenticate), /error="invalid_request"/);
    }
    assert.equal(await at.code({ ...headers(`Bearer ${token}`), url: '/?q=access_token' }), 'ok');
  });

  test('A request with two tokens or a malformed header is refused', async () => {
    const twice = new Headers({ authorization: `Bearer ${token}` });
    twice.append('authorization', `Bearer ${token}`);
    for (const request of [
      { headers: twice },
      { headers: { authorization: [`Bearer ${token}`, `Bearer ${token}`] } },
      headers('Bearer'),
      headers('Bearer a b'),
      headers('Bearer "quoted"'),
      headers(`Bearer ${token}\r\nX: y`),
    ]) {
      assert.equal(await at.code(request), 'invalid_request');
    }
  });

  test('A refusal never repeats text from the request', async () => {
    const hostile = 'x"\r\nSet-Cookie: a=b';
    const refusal = await refusalOf(at.verifier.verify(hostile));
    assert.equal(refusal.code, 'malformed_token');
    const claims = await at.issuer.issue({ aud: hostile, scope: hostile });
    const answers = [refusal, await refusalOf(at.verifier.verify(claims))];
    for (const { message, wwwAuthenticate } of answers) {
      assert.doesNotMatch(`${message} ${wwwAuthenticate}`, /Set-Cookie|[\r\n]/);
    }
  });

  test('A refusal names the required scopes and the resource metadata', async (context) => {
    const described = another(context, at.issuer, {
      dpop: false,
      realm: 'a "quoted\\"\r\nrealm',
      scopes: 'orders:read',
      resource_metadata: {
        resource: 'https://orders.example/v1?tenant=a',
        scopes_supported: ['orders:read'],
        resource_name: 'Orders',
      },
    });
    const refusal = await refusalOf(described.verifier.verify({ headers: {} }));
    const url = 'https://orders.example/.well-known/oauth-protected-resource/v1?tenant=a';
    assert.equal(
      refusal.wwwAuthenticate,
      `Bearer realm="a quotedrealm", scope="orders:read", resource_metadata="${url}"`,
    );
    const { resourceMetadata } = described.verifier;
    assert.equal(resourceMetadata?.path, '/.well-known/oauth-protected-resource/v1');
    assert.deepEqual(resourceMetadata?.document, {
      resource: 'https://orders.example/v1?tenant=a',
      authorization_servers: [at.issuer.issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['orders:read'],
      resource_name: 'Orders',
    });
    assert.deepEqual(JSON.parse(String(resourceMetadata?.body)), resourceMetadata?.document);
  });

  test('A refused token is answered with the scopes to ask for, and a refused request is not', async (context) => {
    const { verifier } = another(context, at.issuer, {
      dpop: { algorithms: ['ES256'] },
      scopes: 'orders:read',
      challenge_scopes: 'orders:read orders:write',
    });
    const scopesIn = async (request: Parameters<typeof verifier.verify>[0], scopes?: string) => {
      const refusal = await refusalOf(verifier.verify(request, scopes ? { scopes } : {}));
      return [refusal.code, /scope="([^"]*)"/.exec(String(refusal.wwwAuthenticate))?.[1]];
    };
    const named = 'orders:read orders:write';
    assert.deepEqual(await scopesIn({ headers: {} }), ['missing_token', named]);
    assert.deepEqual(await scopesIn('garbage'), ['malformed_token', named]);
    const expired = await at.issuer.issue({ exp: 1 });
    assert.deepEqual(await scopesIn(expired, 'stock:read'), ['expired', `${named} stock:read`]);
    assert.deepEqual(await scopesIn(token, 'stock:read'), ['insufficient_scope', 'stock:read']);
    const unclear = { ...headers('Bearer a b') };
    assert.deepEqual(await scopesIn(unclear), ['invalid_request', undefined]);
    const unproved = { headers: { authorization: `DPoP ${token}`, dpop: 'garbage' } };
    const [code, scopes] = await scopesIn(unproved);
    assert.match(String(code), /^(proof_|token_not_bound)/);
    assert.equal(scopes, code === 'token_not_bound' ? named : undefined);
  });

  test('Every accepted and refused request is counted in the metrics', async (context) => {
    const { verifier, code } = another(context, at.issuer);
    await code(token);
    await code('garbage');
    await code('garbage');
    const metrics = verifier.metrics();
    assert.equal(metrics.verified_total, 1);
    assert.deepEqual(metrics.refused_total, { malformed_token: 2 });
    assert.equal(metrics.lists, 1);
    assert.equal(metrics.blind, false);
  });

  test('A token is verified even if the event hook throws', async (context) => {
    const { code } = another(context, at.issuer, {
      on_event() {
        throw new Error('hook');
      },
    });
    assert.equal(await code(token), 'ok');
  });
});

describe('Verifier options', () => {
  const good = { issuer: 'https://id.example/tenant', audience: 'https://orders.example' };
  const bad: [string, Record<string, unknown>, RegExp][] = [
    ['no issuer', { issuer: undefined }, /issuer must be an https URL/],
    ['an issuer without encryption', { issuer: 'http://id.example' }, /loopback/],
    ['an issuer with a slash at its end', { issuer: 'https://id.example/' }, /slash at its end/],
    ['an issuer with a query', { issuer: 'https://id.example?a' }, /query/],
    ['no audience', { audience: undefined }, /audience/],
    ['an empty audience', { audience: [] }, /audience/],
    ['a symmetric algorithm', { algorithms: ['HS256'] }, /algorithms must be some of RS256/],
    ['no algorithm', { algorithms: [] }, /algorithms/],
    ['algorithm none', { dpop: { algorithms: ['none'] } }, /dpop.algorithms/],
    ['an endless staleness', { max_staleness: Number.POSITIVE_INFINITY }, /3 to 3600/],
    ['a text as staleness', { max_staleness: '10' }, /max_staleness/],
    ['a tolerance of minutes', { clock_tolerance: 300 }, /0 to 60/],
    ['an environment that nothing has', { environment: 'prod' }, /environment must be 'live',/],
    ['another choice when blind', { when_blind: 'ignore' }, /when_blind/],
    ['a name that does not exist', { max_stalenes: 1 }, /no option "max_stalenes"/],
    ['a name of dpop that does not exist', { dpop: { nonce: 1 } }, /dpop has no option "nonce"/],
    ['a text as flag', { require_status: 'no' }, /require_status/],
    ['a hook that is no function', { on_event: 'log' }, /on_event/],
    ['a resource that is no URL', { resource_metadata: { resource: 'x' } }, /resource_metadata/],
    ['scopes that are none', { scopes: 7 }, /scopes/],
    ['scopes to ask for that are none', { challenge_scopes: 'a"b' }, /challenge_scopes/],
    ['a public URL with a query', { public_url: 'https://a.example?b' }, /public_url/],
  ];
  for (const [name, changes, message] of bad) {
    test(`Options with ${name} are refused with the option's name`, () => {
      const options = { ...good, ...changes } as VerifierOptions;
      assert.throws(
        () => createVerifier(options),
        (failure) => failure instanceof TypeError && message.test(failure.message),
      );
    });
  }

  test('All mistakes in the options are reported at once', () => {
    const options = { issuer: 'x', audience: 7, max_staleness: 0 } as unknown as VerifierOptions;
    assert.throws(() => createVerifier(options), /issuer .*; audience .*; max_staleness/s);
    assert.throws(() => createVerifier(undefined as unknown as VerifierOptions), TypeError);
  });
});
