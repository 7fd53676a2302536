import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigningKey } from './support/keys.ts';
import { setUp, until } from './support/verifying.ts';

describe('Signing keys of the issuer', { concurrency: true }, () => {
  test('Tokens of a new signing key are accepted, and those of the old one still are', async (context) => {
    const { issuer, code } = await setUp(context);
    const old = await issuer.issue();
    assert.equal(await code(old), 'ok');
    await issuer.rotate();
    await until(async () => code(await issuer.issue()), 'ok');
    assert.equal(await code(old), 'ok');
  });

  test('A signing key in use right after a fetch is requested at once', async (context) => {
    const { issuer, verifier, code } = await setUp(context);
    await verifier.ready();
    const before = issuer.countOf('jwks.json');
    await issuer.rotate();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.issue()));
    const codes = await Promise.all(tokens.map((token) => code(token)));
    assert.deepEqual(new Set(codes), new Set(['ok']));
    assert.equal(issuer.countOf('jwks.json') - before, 1, 'all of them share one request');
  });

  test('A signing key published during a fetch is requested again', async (context) => {
    let passing = Promise.resolve();
    const { issuer, code } = await setUp(context, {
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (url.endsWith('jwks.json')) await passing;
        return response;
      },
    });
    assert.equal(await code(await issuer.issue()), 'ok');
    const before = issuer.countOf('jwks.json');
    const { promise, resolve } = Promise.withResolvers<void>();
    passing = promise;
    await issuer.rotate();
    await until(() => issuer.countOf('jwks.json') > before, true);
    await issuer.rotate();
    const verdict = code(await issuer.issue());
    resolve();
    assert.equal(await verdict, 'ok');
  });

  test('The verifier follows a change of the signing algorithm', async (context) => {
    const { issuer, code } = await setUp(context);
    assert.equal(await code(await issuer.issue()), 'ok');
    await issuer.rotate('ES256');
    await until(async () => code(await issuer.issue()), 'ok');
  });

  test('A signing key revoked in the status list stops verifying', async (context) => {
    const { issuer, code, events } = await setUp(context);
    const { kid } = issuer.signingKey();
    const old = await issuer.issue();
    assert.equal(await code(old), 'ok');
    await issuer.revokeKey(kid);
    await until(() => code(old), 'unknown_key');
    assert.equal(await code(await issuer.issue()), 'ok');
    const removed = events.flatMap((event) => (event.type === 'keys_changed' ? event.removed : []));
    assert.deepEqual(removed, [kid]);
  });

  test('An outdated JWKS from a cache does not bring a revoked signing key back', async (context) => {
    const { issuer, code } = await setUp(context);
    const { kid } = issuer.signingKey();
    const outdated = issuer.jwks();
    const old = await issuer.issue();
    assert.equal(await code(old), 'ok');
    await issuer.revokeKey(kid);
    await until(() => code(old), 'unknown_key');
    assert.equal(await code(await issuer.issue()), 'ok');
    issuer.publish(outdated);
    // The cooldown for keys that are not known may end meanwhile: then the outdated set is fetched.
    const before = issuer.countOf('jwks.json');
    const stranger = await createSigningKey('RS256');
    const foreign = await issuer.issue({}, {}, stranger);
    await until(async () => (await code(foreign)) && issuer.countOf('jwks.json') > before, true);
    assert.notEqual(await code(old), 'ok');
    assert.equal(await code(await issuer.issue()), 'ok');
  });

  test('Tokens are refused in the end when signing keys are known to be outdated and cannot be fetched', async (context) => {
    const { issuer, code, events } = await setUp(context, { max_staleness: 3 });
    const { kid } = issuer.signingKey();
    await issuer.rotate();
    const old = await issuer.issue({}, { kid }, await keyOf(issuer, kid));
    // With three seconds of staleness the first list may come too late while the machine is busy.
    await until(() => code(old), 'ok');
    issuer.failKeys(true);
    await issuer.revokeKey(kid);
    await until(() => code(old), 'keys_unavailable');
    await until(() => events.some((e) => e.type === 'blind' && e.source === 'keys'), true);
    issuer.failKeys(false);
    await until(() => code(old), 'unknown_key');
    assert.equal(await code(await issuer.issue()), 'ok');
  });

  test('A stream of foreign key ids causes one request a second', async (context) => {
    const { issuer, code } = await setUp(context);
    const good = await issuer.issue();
    assert.equal(await code(good), 'ok');
    const stranger = await createSigningKey('RS256');
    const before = issuer.countOf('jwks.json');
    const foreign = await Promise.all(
      Array.from({ length: 200 }, (_, each) => issuer.issue({}, { kid: `kid-${each}` }, stranger)),
    );
    const began = performance.now();
    const codes = await Promise.all(foreign.map((token) => code(token)));
    assert.deepEqual(new Set(codes), new Set(['unknown_key']));
    for (const token of foreign) await code(token);
    const seconds = (performance.now() - began) / 1000;
    assert.ok(issuer.countOf('jwks.json') - before <= 1 + seconds);
    assert.equal(await code(good), 'ok');
  });

  for (const [name, body] of Object.entries({
    garbage: '<html>',
    'no key set': '{"keys":{}}',
    nothing: '',
    'a huge text': `{"keys":[${' '.repeat(300_000)}]}`,
  })) {
    test(`The last valid JWKS is kept when ${name} comes in its place`, async (context) => {
      const { issuer, code, events } = await setUp(context);
      const token = await issuer.issue();
      assert.equal(await code(token), 'ok');
      issuer.publish(body);
      const foreign = await issuer.issue({}, {}, await createSigningKey('RS256'));
      const failed = () => events.some(({ type }) => type === 'fetch_failed');
      await until(async () => (await code(foreign)) !== 'ok' && failed(), true);
      assert.equal(await code(token), 'ok');
    });
  }

  for (const [name, changes] of Object.entries({
    'of another issuer': { issuer: 'https://evil.example' },
    'whose keys are elsewhere': { jwks_uri: 'https://evil.example/jwks' },
    'without keys': { jwks_uri: undefined },
    'with symmetric algorithms only': { id_token_signing_alg_values_supported: ['HS256', 'none'] },
  })) {
    test(`Issuer metadata ${name} is not used`, async (context) => {
      const { issuer, code } = await setUp(context, { fetch: describedAs(changes) });
      assert.equal(await code(await issuer.issue()), 'keys_unavailable');
      assert.equal(issuer.countOf('jwks.json'), 0);
    });
  }

  test('A redirect of the JWKS is not followed', async (context) => {
    const followed: string[] = [];
    const { issuer, code, events } = await setUp(context, {
      fetch: async (url, init) => {
        followed.push(`${url} ${init.redirect}`);
        return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } });
      },
    });
    assert.equal(await code(await issuer.issue()), 'keys_unavailable');
    assert.ok(followed.every((each) => each.endsWith('openid-configuration manual')));
    assert.ok(events.some((event) => 'reason' in event && event.reason === 'redirect refused'));
  });

  test('Encryption keys, symmetric keys and broken keys are ignored', async (context) => {
    const { issuer, code } = await setUp(context);
    const { keys } = JSON.parse(issuer.jwks());
    const [first] = keys;
    issuer.publish(
      JSON.stringify({
        keys: [
          null,
          7,
          { kty: 'oct', k: 'AAAA', kid: 'secret', alg: 'HS256' },
          { ...first, kid: 'enc', use: 'enc' },
          { ...first, kid: 'broken', n: '!' },
          { ...first, kid: 'bare', alg: undefined },
          ...keys,
        ],
      }),
    );
    const { privateKey } = issuer.signingKey();
    const key = { ...issuer.signingKey(), privateKey };
    assert.equal(await code(await issuer.issue()), 'ok');
    for (const kid of ['secret', 'enc', 'broken', 'bare']) {
      assert.equal(await code(await issuer.issue({}, { kid }, key)), 'unknown_key');
    }
  });
});

type Issuer = Awaited<ReturnType<typeof setUp>>['issuer'];

async function keyOf(issuer: Issuer, kid: string) {
  const key = issuer.keyOf(kid);
  assert.ok(key);
  return key;
}

/** Changes the issuer's description on its way. */
function describedAs(changes: Record<string, unknown>) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (!url.endsWith('openid-configuration')) return response;
    const document = (await response.json()) as object;
    return Response.json({ ...document, ...changes });
  };
}
