import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startSite } from '../support/site.ts';

async function headersOf(t: import('node:test').TestContext, issuer: string, path = '/') {
  const { url } = await startSite(t, {
    issuer,
    routes: (app) => {
      app.use((ctx) => {
        if (ctx.path === '/keys') ctx.set('Cache-Control', 'public, max-age=60');
        ctx.body = 'ok';
      });
    },
  });
  return (await fetch(url + path)).headers;
}

describe('Security headers', () => {
  test('A page loads only its own styles, scripts and images, and cannot be framed', async (t) => {
    const headers = await headersOf(t, 'https://id.example');
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...values] = directive.trim().split(' ');
        return [name, values.join(' ')];
      }),
    );
    assert.deepEqual(
      policy,
      new Map([
        ['default-src', "'none'"],
        ['script-src', "'self'"],
        ['style-src', "'self'"],
        ['img-src', "'self' data:"],
        ['font-src', "'self'"],
        ['connect-src', "'self'"],
        ['base-uri', "'none'"],
        ['frame-ancestors', "'none'"],
      ]),
    );
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
    assert.match(headers.get('permissions-policy') ?? '', /camera=\(\)/);
    assert.equal(headers.get('x-powered-by'), null);
    assert.equal(headers.get('server'), null);
  });

  test('A sign-in page in a popup keeps its opener', async (t) => {
    assert.equal(
      (await headersOf(t, 'https://id.example')).get('cross-origin-opener-policy'),
      null,
    );
  });

  test('A response is not stored unless its route allows it', async (t) => {
    assert.equal((await headersOf(t, 'https://id.example')).get('cache-control'), 'no-store');
    const keys = await headersOf(t, 'https://id.example', '/keys');
    assert.equal(keys.get('cache-control'), 'public, max-age=60');
  });

  test('The HSTS header is sent by an https issuer only', async (t) => {
    const secure = await headersOf(t, 'https://id.example');
    assert.equal(secure.get('strict-transport-security'), 'max-age=31536000');
    const plain = await headersOf(t, 'http://localhost:3000');
    assert.equal(plain.get('strict-transport-security'), null);
  });
});
