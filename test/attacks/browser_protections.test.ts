/** What every answer tells a browser to forbid: framing, scripts, guessing of types, storing, other origins. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createAppSession } from '../support/app_session.ts';
import { postForm } from '../support/flows.ts';
import { startTestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { authorizeUrl } from './authorization.ts';
import { callback, declaration } from './configuration.ts';
import { sqliteTarget } from './target.ts';

sqliteTarget(declaration, (target) => {
  /** One answer of every kind: pages, redirects, JSON, errors, files. */
  const answers = async (): Promise<Response[]> => {
    const { issuer } = target();
    const agent = createUserAgent();
    const signIn = await agent.open(authorizeUrl(issuer));
    const cookie = agent
      .cookies()
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const stylesheet = /href="(\/assets\/[^"]+\.css)"/.exec(signIn.html)?.[1] ?? '';
    const html = { accept: 'text/html', cookie };
    return Promise.all(
      [
        ['GET', new URL(signIn.url).pathname],
        ['GET', '/device'],
        ['GET', '/device?user_code=AAAA-AAAA'],
        ['GET', '/logout'],
        ['GET', '/logout/success'],
        ['GET', '/authorize'],
        ['GET', authorizeUrl('')],
        ['GET', authorizeUrl('', { prompt: 'none', response_mode: 'form_post' })],
        ['GET', '/nowhere'],
        ['GET', stylesheet],
        ['GET', '/favicon.ico'],
        ['GET', '/.well-known/openid-configuration'],
        ['GET', '/.well-known/jwks.json'],
        ['POST', '/token'],
        ['POST', '/introspect'],
        ['POST', '/par'],
        ['GET', '/userinfo'],
        ['DELETE', '/token'],
        ['OPTIONS', '/token'],
      ].map(([method = '', path]) =>
        fetch(`${issuer}${path}`, { method, headers: html, redirect: 'manual' }),
      ),
    );
  };

  test('Every response forbids framing, foreign content and content sniffing', async () => {
    for (const { url, headers } of await answers()) {
      assert.equal(headers.get('x-frame-options'), 'DENY', url);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', url);
      assert.equal(headers.get('referrer-policy'), 'same-origin', url);
      assert.equal(headers.get('x-powered-by'), null);
      assert.equal(headers.get('server'), null);
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/, url);
      assert.doesNotMatch(policy, /unsafe-eval|\*|http:/, url);
      if (headers.get('content-type')?.includes('svg')) continue;
      assert.match(policy, /frame-ancestors 'none'/, url);
      assert.match(policy, /base-uri 'none'/, url);
      assert.doesNotMatch(policy, /unsafe/, url);
    }
  });

  test('A response that may hold a secret is never stored by a cache', async () => {
    const publicOnes = /\/assets\/|\.well-known|favicon/;
    for (const { url, headers } of await answers()) {
      if (publicOnes.test(url)) continue;
      assert.match(headers.get('cache-control') ?? '', /no-store/, url);
    }
    const app = createAppSession({ issuer: target().issuer, clientId: 'app', scope: 'openid' });
    const { status, headers } = await app.redeem(target(), await app.newCode());
    assert.equal(status, 200);
    assert.match(headers.get('cache-control') ?? '', /no-store/);
  });

  test('Pages hold no inline script or style and load nothing from other hosts', async () => {
    for (const answer of await answers()) {
      if (!answer.headers.get('content-type')?.includes('html')) continue;
      const html = await answer.text();
      assert.doesNotMatch(html, /<script(?![^>]*\ssrc="\/assets\/)/, answer.url);
      assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:/i, answer.url);
      assert.doesNotMatch(html, /<(link|img|script|iframe)[^>]*(href|src)="(?!\/assets\/)/);
    }
  });

  describe('Cookies', () => {
    test('Cookies are HttpOnly, SameSite and signed', async () => {
      const { issuer } = target();
      const started = await fetch(authorizeUrl(issuer), { redirect: 'manual' });
      const device = await fetch(`${issuer}/device`);
      const cookies = [...started.headers.getSetCookie(), ...device.headers.getSetCookie()];
      const names = cookies.map((cookie) => cookie.split('=', 1)[0] ?? '');
      assert.ok(names.includes('cardea_interaction') && names.includes('cardea_session'));
      for (const cookie of cookies) {
        assert.match(cookie, /; httponly/i, cookie);
        assert.match(cookie, /; samesite=lax/i, cookie);
        assert.doesNotMatch(cookie, /; domain=/i, cookie);
        const name = cookie.split('=', 1)[0] ?? '';
        // This one is nothing but a keyed digest.
        if (name.startsWith('cardea_begun_')) continue;
        assert.ok(name.endsWith('.sig') || names.includes(`${name}.sig`), name);
      }
    });
  });

  describe('Cross-origin scripts', () => {
    const origins = [
      'https://evil.example',
      'null',
      'https://app.example.evil.example',
      'http://app.example',
    ];

    test('A cross-origin script reads no token, code or page', async () => {
      const { issuer } = target();
      const app = createAppSession({ issuer, clientId: 'app', scope: 'openid' });
      const { accessToken, refreshToken } = await app.newTokens(target());
      for (const origin of origins) {
        const headers = { origin };
        const refreshed = await postForm(
          `${issuer}/token`,
          { grant_type: 'refresh_token', client_id: 'app', refresh_token: refreshToken },
          headers,
        );
        assert.equal(refreshed.headers.get('access-control-allow-origin'), null, origin);
        const read = await fetch(`${issuer}/userinfo`, {
          headers: { ...headers, authorization: `Bearer ${accessToken}` },
        });
        assert.equal(read.headers.get('access-control-allow-origin'), null, origin);
        assert.notEqual(read.status, 200);
        for (const path of ['/authorize', '/device', '/logout', '/interaction/x', '/nowhere']) {
          const page = await fetch(`${issuer}${path}`, { headers, redirect: 'manual' });
          assert.equal(page.headers.get('access-control-allow-origin'), null, path);
        }
      }
    });

    test('Cross-origin requests never carry credentials, and any origin reads public facts only', async () => {
      const { issuer } = target();
      for (const origin of ['https://app.example', ...origins]) {
        for (const path of [
          '/token',
          '/userinfo',
          '/introspect',
          '/revoke',
          '/par',
          '/device_authorization',
          '/authorize',
          '/register',
          '/.well-known/openid-configuration',
          '/.well-known/jwks.json',
        ]) {
          for (const method of ['OPTIONS', 'GET', 'POST']) {
            const answer = await fetch(`${issuer}${path}`, {
              method,
              headers: { origin, 'access-control-request-method': 'POST' },
              redirect: 'manual',
            });
            const allowed = answer.headers.get('access-control-allow-credentials');
            assert.equal(allowed, null, `${method} ${path}`);
          }
        }
        const facts = await fetch(`${issuer}/.well-known/jwks.json`, { headers: { origin } });
        assert.equal(facts.headers.get('access-control-allow-origin'), '*');
      }
    });

    test('A registered origin reads the responses to its own client', async () => {
      const { issuer } = target();
      const { headers } = await postForm(
        `${issuer}/token`,
        { grant_type: 'refresh_token', client_id: 'app', refresh_token: 'x' },
        { origin: 'https://app.example' },
      );
      assert.equal(headers.get('access-control-allow-origin'), 'https://app.example');
    });
  });

  test('The names of clients and the values of requests never become markup', async () => {
    const { issuer } = target();
    const markup =
      '"><script>alert(1)</script><img src=x onerror=alert(1)>{{31337*3}}<%= 31337*3 %>';
    const agent = createUserAgent();
    for (const url of [
      authorizeUrl(issuer, { login_hint: markup, ui_locales: markup }),
      authorizeUrl(issuer, { client_id: markup }),
      authorizeUrl(issuer, { redirect_uri: markup }),
      `${issuer}/device?user_code=${encodeURIComponent(markup)}`,
      `${issuer}/logout?${new URLSearchParams({ client_id: markup, state: markup })}`,
      `${issuer}/${encodeURIComponent(markup)}`,
      `${issuer}/interaction/${encodeURIComponent(markup)}`,
    ]) {
      const { html } = await agent.open(url);
      assert.doesNotMatch(html, /<script>|<img src=x|94011/, url);
    }
    const posted = await walkToClient(
      agent,
      authorizeUrl(issuer, { response_mode: 'form_post', state: markup }),
      callback,
    );
    assert.equal(posted.searchParams.get('state'), markup);
  });
});

onSqlite((stores) => {
  test('Behind HTTPS, cookies are Secure and bound to the host', async () => {
    const server = await startTestServer({
      store: await stores.freshUrl(),
      declaration,
      issuer: 'https://id.example',
    });
    const device = await fetch(`${server.url}/device`);
    const started = await fetch(authorizeUrl(server.url), { redirect: 'manual' });
    const cookies = [...device.headers.getSetCookie(), ...started.headers.getSetCookie()];
    for (const cookie of cookies) assert.match(cookie, /; secure/i, cookie);
    const session = cookies.find((cookie) => cookie.includes('session='));
    assert.match(session ?? '', /^__Host-cardea_session=.*; path=\/;/);
    assert.match(device.headers.get('strict-transport-security') ?? '', /max-age=31536000/);
    await server.close();
  });
});
