/** No answer, and no person, is ever sent anywhere but to a URI that the client has registered. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, formsOf } from '../../harness/user_agent.ts';
import { requestAuthorization } from '../support/flows.ts';
import { authorizeUrl, type Pairs, parameters } from './authorization.ts';
import { callback, declaration, orders, signedOut } from './configuration.ts';
import { sqliteTarget } from './target.ts';

/** What is wrong with a URI when it is this one: each is close to the registered one for some parser. */
const lookalikes = [
  'https://app.example@evil.example/callback',
  'https://app.example%40evil.example/callback',
  'https://evil.example\\@app.example/callback',
  'https://app.example\\.evil.example/callback',
  'https://app.example:@evil.example/callback',
  'https://app.example;evil.example/callback',
  'https://app.example%2eevil.example/callback',
  'https://app.example./callback',
  'https://APP.example/callback',
  'https://app.example:443/callback',
  'https://app.example:8443/callback',
  'https://app。example/callback',
  'https://аpp.example/callback',
  'https://app.example/callback/',
  'https://app.example/callback/../callback',
  'https://app.example/callback/..%2f..%2fevil',
  'https://app.example/callback/%2e%2e/evil',
  'https://app.example//callback',
  'https://app.example/Callback',
  'https://app.example/callback?next=https://evil.example',
  'https://app.example/callback?',
  'https://app.example/callback#',
  'https://app.example/callback#@evil.example',
  'https://app.example/callback;jsessionid=1',
  'https://app.example/callback%00',
  'https://app.example/callback\u0000.evil.example',
  'https://app.example/callback\r\nLocation: https://evil.example',
  ' https://app.example/callback',
  'https://app.example/callback\t',
  'ht\ntps://app.example/callback',
  'http://app.example/callback',
  'HTTPS://app.example/callback',
  '//app.example/callback',
  '//evil.example/callback',
  '/\\evil.example/callback',
  'https:app.example/callback',
  'https:///app.example/callback',
  '/callback',
  'callback',
  'javascript:alert(document.domain)//https://app.example/callback',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'blob:https://app.example/callback',
  'file:///callback',
  'https://shop.example/callback',
  signedOut,
  'urn:ietf:wg:oauth:2.0:oob',
  'null',
  '[object Object]',
  `${callback}${'/'.repeat(1000)}`,
];

/** Against `http://127.0.0.1/callback` and `com.example.app:/callback`, where only the port is free. */
const nativeLookalikes = [
  'http://127.0.0.1:8080@evil.example/callback',
  'http://evil.example:8080/callback',
  'http://user@127.0.0.1:8080/callback',
  'http://127.0.0.1:8080/callback/x',
  'http://127.0.0.1:8080/../callback',
  'http://127.0.0.1:8080/callback?x=1',
  'http://127.0.0.1:8080/callback#x',
  'http://127.0.0.1:8080\\@evil.example/callback',
  'http://127.0.0.1:99999/callback',
  'http://127.0.0.1:80:80/callback',
  'http://127.0.0.1:%38%30/callback',
  'http://127.0.0.1.evil.example:8080/callback',
  'http://localhost:8080/callback',
  'http://[::1]:8080/callback',
  'http://0.0.0.0:8080/callback',
  'http://127.1:8080/callback',
  'http://2130706433:8080/callback',
  'http://0x7f.1:8080/callback',
  'https://127.0.0.1:8080/callback',
  'com.example.app://callback',
  'com.example.app:/callback/x',
  'com.example.app.evil:/callback',
  'COM.EXAMPLE.APP:/callback',
];

sqliteTarget(declaration, (target) => {
  const refused = async (changes: Record<string, string | undefined>, more: Pairs = []) => {
    const asked = [...parameters(changes), ...more];
    const what = JSON.stringify(changes).slice(0, 200);
    const { status, location, html } = await requestAuthorization(target().issuer, asked);
    assert.equal(status, 400, what);
    assert.equal(location, undefined, what);
    assert.match(html, /<html/, what);
    assert.deepEqual(formsOf(html), [], what);
    assert.doesNotMatch(html, /href="(?!\/assets\/)[^"]*evil/, what);
  };

  describe('Open redirects at the authorization endpoint', () => {
    test('A lookalike of the registered redirect URI is not redirected to', async () => {
      for (const uri of lookalikes) await refused({ redirect_uri: uri });
    });

    test('A native app may vary the loopback port of its redirect URI and nothing else', async () => {
      for (const uri of nativeLookalikes) {
        await refused({ client_id: 'native-app', redirect_uri: uri });
      }
      const { location } = await requestAuthorization(
        target().issuer,
        parameters({ client_id: 'native-app', redirect_uri: 'http://127.0.0.1:49152/callback' }),
      );
      assert.match(location?.pathname ?? '', /^\/interaction\//);
    });

    test('An unregistered redirect URI is not redirected to, whatever other errors or response mode the request has', async () => {
      const evil = { redirect_uri: 'https://evil.example/' };
      for (const changes of [
        { response_type: 'token' },
        { response_type: undefined },
        { scope: 'nonsense' },
        { scope: undefined },
        { prompt: 'none' },
        { prompt: 'none login' },
        { code_challenge: undefined },
        { code_challenge_method: 'plain' },
        { request: 'eyJhbGciOiJub25lIn0.e30.' },
        { request_uri: 'https://evil.example/request' },
        { registration: '{"redirect_uris":["https://evil.example/"]}' },
        { claims: '{' },
        { max_age: '-1' },
        { id_token_hint: 'x' },
        { resource: 'https://nowhere.example' },
      ]) {
        for (const mode of [undefined, 'query', 'fragment', 'form_post', 'jwt', 'form_post.jwt']) {
          await refused({ ...evil, ...changes, response_mode: mode });
        }
      }
    });

    test('A request with two redirect URIs, clients or response modes is answered on an error page', async () => {
      const evil = 'https://evil.example/';
      await refused({}, [['redirect_uri', evil]]);
      await refused({ redirect_uri: evil }, [['redirect_uri', callback]]);
      await refused({ redirect_uri: undefined }, [['redirect_uri[]', callback]]);
      await refused({ redirect_uri: undefined }, [['redirect_uri[0]', evil]]);
      await refused({}, [['client_id', 'shop']]);
      await refused({ redirect_uri: evil }, [['client_id', 'app']]);
      await refused({ redirect_uri: evil, response_mode: 'query' }, [
        ['response_mode', 'form_post'],
      ]);
    });
  });

  test('An authorization error is sent to the registered URI and nowhere else', async () => {
    for (const [changes, error] of [
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ prompt: 'none' }, 'login_required'],
      [{ scope: 'orders:write', resource: orders }, 'invalid_scope'],
    ] as const) {
      const { location } = await requestAuthorization(target().issuer, parameters(changes));
      assert.equal(`${location?.origin}${location?.pathname}`, callback);
      const { searchParams, hash } = location as URL;
      const answer = searchParams.get('error') ? searchParams : new URLSearchParams(hash.slice(1));
      assert.equal(answer.get('error'), error);
    }
  });

  test('A state value cannot add parameters to the redirect', async () => {
    const states = [
      'https://evil.example',
      '&redirect_uri=https://evil.example&code=stolen&iss=https://evil.example',
      '#code=stolen',
      '\r\nLocation: https://evil.example\r\n\r\n<script>',
      '"><script>alert(1)</script>',
      '\u0000\u202e\ud83d\ude00',
    ];
    const agent = createUserAgent();
    await walkToClient(agent, authorizeUrl(target().issuer), callback);
    for (const state of states) {
      const url = await walkToClient(agent, authorizeUrl(target().issuer, { state }), callback);
      assert.equal(`${url.origin}${url.pathname}`, callback);
      assert.equal(url.searchParams.get('state'), new URLSearchParams([['s', state]]).get('s'));
      assert.equal(url.searchParams.getAll('code').length, 1);
      assert.equal(url.hash, '');
      const posted = await walkToClient(
        agent,
        authorizeUrl(target().issuer, { state, response_mode: 'form_post' }),
        callback,
      );
      assert.deepEqual([...posted.searchParams.keys()].sort(), ['code', 'iss', 'state']);
    }
  });

  describe('Open redirects at sign-out', () => {
    const signOut = (query: Pairs) =>
      createUserAgent().open(`${target().issuer}/logout?${new URLSearchParams(query)}`);

    test('A post-logout redirect URI of another client is refused', async () => {
      for (const uri of [
        'https://evil.example/',
        'https://app.example@evil.example/signed-out',
        `${signedOut}/`,
        `${signedOut}?x`,
        callback,
        '//evil.example',
        'javascript:alert(1)',
      ]) {
        const page = await signOut([
          ['client_id', 'app'],
          ['post_logout_redirect_uri', uri],
        ]);
        assert.equal(page.status, 400, uri);
        assert.doesNotMatch(page.html, /(href|action)="[^"]*evil/);
      }
    });

    test('A post-logout redirect URI without a client is not followed', async () => {
      const agent = createUserAgent();
      const query = new URLSearchParams([['post_logout_redirect_uri', signedOut]]);
      let page = await agent.open(`${target().issuer}/logout?${query}`);
      page = await agent.submit(page, { action: /\/logout\/confirm$/, stopAt: 'https://' });
      assert.equal(page.url, `${target().issuer}/logout/success`);
    });

    test('A duplicate post-logout redirect URI, or one of another client, is not followed', async () => {
      const twice: Pairs = [
        ['client_id', 'app'],
        ['post_logout_redirect_uri', signedOut],
        ['post_logout_redirect_uri', 'https://evil.example/'],
      ];
      assert.equal((await signOut(twice)).status, 400);
      const foreign: Pairs = [
        ['client_id', 'shop'],
        ['post_logout_redirect_uri', signedOut],
      ];
      assert.equal((await signOut(foreign)).status, 400);
    });
  });

  test('No path of the issuer redirects to another host', async () => {
    const { issuer } = target();
    for (const path of [
      '//evil.example',
      '//evil.example/authorize',
      '/\\evil.example',
      '/%2f%2fevil.example',
      '/device/x?u=//evil.example',
      '/authorize/x',
      '/authorize//evil.example',
      '/interaction//evil.example',
      '/interaction/x/switch',
      '/logout/success?client_id=//evil.example',
      '/.well-known//evil.example',
      '/assets//evil.example',
    ]) {
      for (const method of ['GET', 'POST']) {
        const answer = await fetch(issuer + path, { method, redirect: 'manual' });
        const location = answer.headers.get('location');
        if (location === null) continue;
        assert.equal(new URL(location, issuer).origin, issuer, `${method} ${path}`);
        assert.doesNotMatch(location, /^\/[/\\]/);
      }
    }
  });
});
