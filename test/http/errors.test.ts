import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { CardeaError } from '../../src/errors.ts';
import { requestState } from '../../src/http/request_state.ts';
import { StoreUnavailableError } from '../../src/storage/errors.ts';
import { jsonOf, passingRoute, startSite, until } from '../support/site.ts';

const html = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

/** Each path's last segment names what happens there. */
async function startFailingSite(t: import('node:test').TestContext, issuer?: string) {
  return startSite(t, {
    ...(issuer ? { issuer } : {}),
    table: [
      passingRoute({ path: '/token', methods: ['POST'], errors: 'oauth' }),
      ...['/admin', '/api-keys', '/forward-auth'].map((path) =>
        passingRoute({ path, errors: 'problem' }),
      ),
    ],
    routes: (app) => {
      app.use((ctx) => {
        const what = ctx.path.split('/').at(-1);
        if (what === 'boom') throw new Error('SENTINEL internal detail');
        if (what === 'store') throw new StoreUnavailableError(new Error('SENTINEL driver'));
        if (what === 'conflict') {
          ctx.set('ETag', '"of-another-answer"');
          ctx.set('Cache-Control', 'public, max-age=600');
          throw new CardeaError({ code: 'already_exists', status: 409, message: 'It "exists" é.' });
        }
        if (what === 'grant') {
          throw new CardeaError({ code: 'invalid_grant', status: 400, message: 'Used before.' });
        }
        if (what === 'engine') {
          const refused = { expose: true, status: 401, error: 'invalid_client' };
          throw Object.assign(new Error('SENTINEL'), refused, {
            error_description: 'no such client',
          });
        }
        if (what === 'hidden') {
          throw Object.assign(new Error('SENTINEL'), {
            expose: false,
            status: 400,
            error: 'SENTINEL',
          });
        }
        if (what === 'text') throw 'SENTINEL not an Error';
        if (what === 'vague') {
          ctx.status = 500;
          ctx.body = { error: 'server_error' };
          requestState(ctx).failure = new StoreUnavailableError(new Error('SENTINEL'));
        }
        if (what === 'stream') {
          ctx.body = Readable.from(
            (async function* () {
              yield 'first half';
              throw new Error('SENTINEL stream');
            })(),
          );
        }
        if (what === 'bare') ctx.status = 403;
      });
    },
  });
}

describe('Error responses', () => {
  test('An OAuth endpoint answers errors as RFC 6749 JSON with a standard code', async (t) => {
    const { url } = await startFailingSite(t);
    const cases: [string, number, string][] = [
      ['/token/grant', 400, 'invalid_grant'],
      ['/token/engine', 401, 'invalid_client'],
      ['/token/conflict', 409, 'invalid_request'],
      ['/token/boom', 500, 'server_error'],
      ['/token/hidden', 500, 'server_error'],
      ['/token/text', 500, 'server_error'],
      ['/token/store', 503, 'temporarily_unavailable'],
      ['/token/vague', 503, 'temporarily_unavailable'],
      ['/token/nothing', 404, 'invalid_request'],
      ['/token/bare', 403, 'invalid_request'],
    ];
    for (const [path, status, error] of cases) {
      // Also for a browser's Accept: these endpoints speak JSON.
      const response = await fetch(url + path, html);
      assert.equal(response.status, status, path);
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
      const text = await response.text();
      const body = JSON.parse(text);
      assert.equal(body.error, error, path);
      assert.match(body.error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      assert.doesNotMatch(text, /SENTINEL|\.ts|node_modules/);
    }
  });

  test('A lost store is answered with 503 and Retry-After in every error format', async (t) => {
    const { url } = await startFailingSite(t);
    for (const path of ['/token/store', '/token/vague', '/admin/v1/store', '/authorize/store']) {
      const response = await fetch(url + path, html);
      assert.equal(response.status, 503, path);
      assert.equal(response.headers.get('retry-after'), '2');
      assert.equal(response.headers.get('cache-control'), 'no-store');
    }
  });

  test('Admin and API key endpoints answer errors as problem+json with a stable code and the request id', async (t) => {
    const { url } = await startFailingSite(t);
    for (const path of ['/admin/v1/conflict', '/api-keys/conflict', '/forward-auth/conflict']) {
      const response = await fetch(url + path, html);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual(await response.json(), {
        type: 'about:blank',
        title: 'Conflict',
        status: 409,
        detail: 'It "exists" é.',
        code: 'already_exists',
        request_id: response.headers.get('x-request-id'),
      });
    }
  });

  test('A browser gets an error page with the request id, and a program at the same URL gets JSON', async (t) => {
    const { url } = await startFailingSite(t);
    const page = await fetch(`${url}/authorize/boom`, html);
    assert.equal(page.status, 500);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /form-action 'self'/);
    const text = await page.text();
    assert.match(text, new RegExp(page.headers.get('x-request-id') ?? 'none'));
    assert.doesNotMatch(text, /SENTINEL/);
    assert.equal((await jsonOf(await fetch(`${url}/authorize/boom`))).error, 'server_error');
  });

  test('The error page is in the requested language', async (t) => {
    const { url } = await startFailingSite(t);
    const german = await (await fetch(`${url}/nowhere?ui_locales=de`, html)).text();
    assert.match(german, /<html[^>]*lang="?de/);
  });

  test('Headers of the failed response are removed from the error response', async (t) => {
    const { url } = await startFailingSite(t);
    const { headers } = await fetch(`${url}/token/conflict`);
    assert.equal(headers.get('etag'), null);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  test('An unknown path is answered with 404, and a wrong method with 405 and Allow', async (t) => {
    for (const issuer of ['https://id.example', 'https://id.example/tenant']) {
      const base = new URL(issuer).pathname.replace(/\/$/, '');
      const { url } = await startFailingSite(t, issuer);
      assert.equal((await fetch(`${url}${base}/nowhere`)).status, 404);
      const response = await fetch(`${url}${base}/token`);
      assert.equal(response.status, 405);
      assert.equal(response.headers.get('allow'), 'POST');
      assert.equal((await jsonOf(response)).error, 'invalid_request');
    }
  });

  test('The cause of an error is logged once under the request id that the caller got', async (t) => {
    const { url, lines } = await startFailingSite(t);
    const response = await fetch(`${url}/token/boom`);
    const id = response.headers.get('x-request-id');
    await until(() => lines.find((l) => l.msg === 'request' && l.request_id === id));
    const [failure, ...more] = lines.filter((line) => line.level === 'error');
    assert.equal(more.length, 0);
    assert.equal(failure?.request_id, id);
    assert.match(JSON.stringify(failure?.err), /SENTINEL internal detail/);
    assert.equal(lines.find((l) => l.msg === 'request')?.error, 'server_error');
  });

  test('A response that fails midway is cut off rather than completed', async (t) => {
    const { url, lines } = await startFailingSite(t);
    await assert.rejects(fetch(`${url}/token/stream`).then((response) => response.text()));
    await until(() => lines.find((line) => line.level === 'error'));
  });
});
