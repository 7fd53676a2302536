/** What each recipe guarantees with an issuer that answers as no issuer should. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { call, invalid, until } from './answers.ts';
import { orders, stock } from './configuration.ts';
import type { PreparedRecipe, RunningApi } from './programs.ts';
import {
  jwksPath,
  type ListParts,
  type ScriptedIssuer,
  startScriptedIssuer,
} from './scripted_issuer.ts';

export function withScriptedIssuer(prepared: PreparedRecipe): void {
  describe('Recipes with a scripted issuer', () => {
    let issuer: ScriptedIssuer;
    let api: RunningApi;
    before(async () => {
      issuer = await startScriptedIssuer({ audience: orders });
      await issuer.publish(await issuer.createKey('first'));
      api = await prepared.start(issuer.issuer, orders);
    });
    after(async () => {
      await api.stop();
      await issuer.close();
    });

    test('Status bits are counted from the least significant one over all bytes, up to the end of the list', async () => {
      issuer.serveList('bits', { bits: Uint8Array.of(0b0000_0010, 0b1000_0000, 0) });
      const expected = [
        ...Array.from({ length: 24 }, (_, index) => (index === 1 || index === 15 ? 401 : 200)),
        ...[401, 401],
      ];
      const answers: number[] = [];
      for (const index of expected.keys()) {
        answers.push((await call(api, await issuer.token('bits', index)))[0]);
      }
      assert.deepEqual(answers, expected, api.logged());
    });

    test('A malformed status list never makes a token acceptable', async () => {
      const other = await issuer.createKey('first');
      const unpublished = await issuer.createKey('unpublished');
      const second = Math.floor(Date.now() / 1000);
      const zlib = deflateSync(new Uint8Array(16));
      const bad: Record<string, ListParts> = {
        'signed-by-another': { key: other },
        'signed-by-an-unpublished-key': { key: unpublished },
        'another-typ': { header: { typ: 'at+jwt' } },
        'no-typ': { header: { typ: undefined } },
        'of-another-address': { claims: { sub: `${issuer.issuer}/status-lists/bits` } },
        'of-another-issuer': { claims: { iss: 'https://elsewhere.example' } },
        expired: { claims: { exp: second - 60 } },
        'without-end': { claims: { exp: undefined } },
        'of-a-node-that-is-cut-off': { claims: { iat: second - 15, exp: second + 600 } },
        'of-tomorrow': { claims: { iat: second + 86_400, exp: second + 90_000 } },
        'without-iat': { claims: { iat: undefined } },
        'of-other-keys': { claims: { jwks: 'x'.repeat(43) } },
        'without-keys': { claims: { jwks: undefined } },
        'two-bits-a-token': {
          claims: { status_list: { bits: 2, lst: zlib.toString('base64url') } },
        },
        'without-bits': { claims: { status_list: undefined } },
        truncated: { lst: zlib.subarray(0, -5).toString('base64url') },
        'not-compressed': { lst: Buffer.alloc(16).toString('base64url') },
        'a-bomb': { lst: deflateSync(Buffer.alloc(1 << 26)).toString('base64url') },
        'too-long': { claims: { padding: 'x'.repeat(1 << 21) } },
      };
      for (const [name, parts] of Object.entries(bad)) {
        issuer.serveList(name, parts);
        assert.deepEqual(await call(api, await issuer.token(name, 0)), [503, null], name);
      }
      assert.deepEqual(await call(api, await issuer.token('nowhere', 0)), [503, null]);
    });

    test('Tokens are accepted again when a fresh status list is available again', async () => {
      const cutOff = Math.floor(Date.now() / 1000) - 15;
      issuer.serveList('back', { claims: { iat: cutOff } });
      const token = await issuer.token('back', 0);
      assert.deepEqual(await call(api, token), [503, null]);
      issuer.serveList('back');
      await until(api, token, 200);
    });

    test('An older status list does not undo a newer one', async () => {
      const path = '/status-lists/older';
      issuer.serveList('older', { bits: Uint8Array.of(1) });
      const token = await issuer.token('older', 0);
      assert.deepEqual(await call(api, token), invalid);
      issuer.serveList('older', { claims: { iat: Math.floor(Date.now() / 1000) - 5 } });
      const looks = issuer.countOf(path);
      while (issuer.countOf(path) < looks + 2) await sleep(50);
      assert.deepEqual(await call(api, token), invalid);
    });

    test('A malformed token is never accepted', async () => {
      issuer.serveList('tokens');
      const second = Math.floor(Date.now() / 1000);
      const good = await issuer.token('tokens', 0);
      assert.deepEqual(await call(api, good), [200, null], api.logged());
      const [header = '', payload = '', signature = ''] = good.split('.');
      const none = Buffer.from('{"alg":"none","typ":"at+jwt","kid":"first"}').toString('base64url');
      const jwks = await (await fetch(`${issuer.issuer}${jwksPath}`)).text();
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const hmac = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'first' })
        .sign(Buffer.from(jwks));
      const uri = `${issuer.issuer}.elsewhere.example/status-lists/tokens`;
      const changes = {
        'another audience': { aud: [stock] },
        'no audience': { aud: undefined },
        'another issuer': { iss: 'https://elsewhere.example' },
        'no issuer': { iss: undefined },
        expired: { exp: second - 60 },
        'no end': { exp: undefined },
        'not issued yet': { iat: second + 600 },
        'no iat': { iat: undefined },
        'no subject': { sub: undefined },
        'no jti': { jti: undefined },
        'no client': { client_id: undefined },
        'no status': { status: undefined },
        'an empty status': { status: { status_list: {} } },
        'a status elsewhere': { status: { status_list: { uri, idx: 0 } } },
        'a negative index': {
          status: { status_list: { uri: `${issuer.issuer}/status-lists/tokens`, idx: -1 } },
        },
        'bound to a key': { cnf: { jkt: 'x' } },
        'of a test key': { environment: 'test' },
        'of no environment that there is': { environment: 'prod' },
        'of an empty environment': { environment: '' },
        'of several environments': { environment: ['live'] },
      };
      const bad: Record<string, string> = {
        'no signature': `${header}.${payload}.`,
        'alg none': `${none}.${payload}.`,
        'alg none with a signature': `${none}.${payload}.${signature}`,
        'a signature with a public key as secret': hmac,
        'a wrong signature': `${header}.${payload}.${signature.split('').reverse().join('')}`,
        'a list as a token': await issuer.token('tokens', 0, { header: { typ: 'statuslist+jwt' } }),
        'another typ': await issuer.token('tokens', 0, { header: { typ: 'JWT' } }),
        'no typ': await issuer.token('tokens', 0, { header: { typ: undefined } }),
        'a key of the same name': await issuer.token('tokens', 0, {
          key: await issuer.createKey('first'),
        }),
        'no key id': await issuer.token('tokens', 0, { header: { kid: undefined } }),
        'what is no token': 'x',
        'dots only': '..',
        'JSON that is no object': `${Buffer.from('[1]').toString('base64url')}.${payload}.${signature}`,
      };
      for (const [name, changed] of Object.entries(changes)) {
        bad[name] = await issuer.token('tokens', 0, { claims: changed });
      }
      for (const [name, token] of Object.entries(bad)) {
        assert.deepEqual(await call(api, token), invalid, name);
      }
      assert.deepEqual(await call(api, undefined), [401, 'Bearer']);
    });

    test('A stream of unknown key ids does not cause a stream of requests', async () => {
      const before = issuer.countOf(jwksPath);
      const start = performance.now();
      for (let count = 0; count < 30; count += 1) {
        const token = await issuer.token('tokens', 0, { header: { kid: `foreign-${count}` } });
        assert.deepEqual(await call(api, token), invalid);
      }
      const seconds = (performance.now() - start) / 1000;
      assert.ok(issuer.countOf(jwksPath) - before <= seconds + 2);
    });

    test('A status list fetched for the first time reveals a revoked signing key', async () => {
      issuer.serveList('met');
      issuer.serveList('unmet');
      const fresh = await prepared.start(issuer.issuer, orders);
      try {
        const looks = issuer.countOf('/status-lists/met');
        assert.deepEqual(await call(fresh, await issuer.token('met', 0)), [200, null]);
        // By then it may ask for the keys again.
        while (issuer.countOf('/status-lists/met') < looks + 3) await sleep(20);
        const token = await issuer.token('unmet', 0);
        await issuer.publish(await issuer.createKey('first again'));
        assert.deepEqual(await call(fresh, token), invalid);
      } finally {
        await fresh.stop();
      }
    });

    test('A revoked signing key stops verifying, and the new one verifies', async () => {
      issuer.serveList('keys');
      const old = await issuer.token('keys', 0);
      // The keys have just changed: it may not ask for them again yet.
      await until(api, old, 200);
      await issuer.publish(await issuer.createKey('second'));
      await until(api, old, 401);
      await until(api, await issuer.token('keys', 1), 200);
    });
  });
}
