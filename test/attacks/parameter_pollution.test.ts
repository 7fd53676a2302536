/**
 * A parameter that is sent twice, in two places, or as a list means nothing: two programs that read the same
 * request must not see two different requests (RFC 6749 sections 3.1 and 3.2).
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUserAgent, formsOf } from '../../harness/user_agent.ts';
import { createAppSession } from '../support/app_session.ts';
import { basic, postForm, requestAuthorization } from '../support/flows.ts';
import { authorizeUrl, type Pairs, parameters } from './authorization.ts';
import { callback, declaration, jobSecret, notes, orders, ordersSecret } from './configuration.ts';
import { sqliteTarget } from './target.ts';

const job = { authorization: basic('job', jobSecret) };
const api = { authorization: basic('orders-api', ordersSecret) };
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

sqliteTarget(declaration, (target) => {
  const post = (path: string, pairs: Pairs, headers = {}) =>
    postForm(`${target().issuer}${path}`, pairs, headers);

  /** Sends the request once for each of its parameters, with that one doubled, equal and different. */
  const refusesDoubles = async (path: string, request: Pairs, headers = {}) => {
    for (const [name, value] of request) {
      for (const second of [value, 'another', '']) {
        const { status, body } = await post(path, [...request, [name, second]], headers);
        const what = `${path}: ${name} with '${second}'`;
        assert.equal(status, 400, what);
        assert.equal(body.error, 'invalid_request', what);
      }
    }
  };

  describe('Duplicate parameters', () => {
    test('The authorization endpoint refuses duplicate parameters by GET, by POST and when pushed', async () => {
      const { issuer } = target();
      for (const [name, value] of parameters({ nonce: 'n', prompt: 'login', max_age: '10' })) {
        for (const second of [value, 'another']) {
          const request: Pairs = [...parameters({ nonce: 'n', prompt: 'login' }), [name, second]];
          const doubled: Pairs = name === 'max_age' ? [...request, [name, value]] : request;
          const answer = await requestAuthorization(issuer, doubled);
          const error = answer.location?.searchParams.get('error');
          // To the client only where the client and its URI are beyond doubt.
          const stays = name === 'client_id' || name === 'redirect_uri';
          assert.equal(stays ? answer.status : error, stays ? 400 : 'invalid_request', name);
          const pushed = await post('/par', doubled);
          assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_request'], name);
        }
      }
    });

    test('The token endpoint refuses duplicate parameters for every grant', async () => {
      await refusesDoubles('/token', [
        ['grant_type', 'authorization_code'],
        ['client_id', 'app'],
        ['code', 'c'],
        ['redirect_uri', callback],
        ['code_verifier', 'v'.repeat(43)],
      ]);
      await refusesDoubles('/token', [
        ['grant_type', 'refresh_token'],
        ['client_id', 'app'],
        ['refresh_token', 'r'],
        ['scope', 'openid'],
      ]);
      await refusesDoubles('/token', [
        ['grant_type', deviceGrant],
        ['client_id', 'app'],
        ['device_code', 'd'],
      ]);
      await refusesDoubles(
        '/token',
        [
          ['grant_type', 'client_credentials'],
          ['scope', 'orders:read'],
        ],
        job,
      );
    });

    test('Introspection, revocation, device authorization and userinfo refuse duplicate parameters', async () => {
      const token: Pairs = [
        ['token', 't'],
        ['token_type_hint', 'access_token'],
      ];
      await refusesDoubles('/introspect', token, api);
      await refusesDoubles('/revoke', token, api);
      await refusesDoubles('/revoke', [...token, ['client_id', 'app']]);
      await refusesDoubles('/device_authorization', [
        ['client_id', 'app'],
        ['scope', 'openid'],
      ]);
      await refusesDoubles('/userinfo', [['access_token', 't']]);
    });

    test('The sign-in and consent forms refuse duplicate fields', async () => {
      const agent = createUserAgent();
      const page = await agent.open(authorizeUrl(target().issuer));
      const [form] = formsOf(page.html);
      const names = ['username', 'password', 'csrf'];
      for (const name of names) {
        const own = form?.fields.find(([field]) => field === name)?.[1];
        const fields = { username: 'alice', password: 'x', [name]: [own ?? 'x', 'y'] };
        const answer = await agent.submit(page, { action: /sign-in$/, fields });
        assert.equal(answer.status, 400, name);
      }
    });

    test('The device and sign-out forms refuse duplicate fields', async () => {
      const agent = createUserAgent();
      for (const [path, action, fields] of [
        ['/device', /\/device$/, { user_code: ['AAAA-AAAA', 'BBBB-BBBB'] }],
        ['/logout', /\/logout\/confirm$/, { logout: ['yes', 'no'] }],
      ] as const) {
        const page = await agent.open(`${target().issuer}${path}`);
        const changed = Object.fromEntries(
          Object.entries(fields).map(([name, values]) => [name, [...values]]),
        );
        const answer = await agent.submit(page, { action, fields: changed });
        // The page for devices shows its form again, which says so.
        const isTold = answer.status === 400 || /role="alert"/.test(answer.html);
        assert.ok(isTold, path);
        assert.doesNotMatch(answer.html, /AAAA-AAAA|BBBB-BBBB/, path);
      }
    });
  });

  test('A parameter in the query of a POST is ignored', async () => {
    const { issuer } = target();
    const fields = { grant_type: 'client_credentials', resource: orders };
    const polluted = `${issuer}/token?grant_type=password&scope=orders:write&resource=${notes}`;
    const { status, body } = await postForm(polluted, fields, job);
    assert.equal(status, 200);
    assert.equal(body.scope, 'orders:read');
    const query = new URLSearchParams(fields);
    const empty = await postForm(`${issuer}/token?${query}`, {}, job);
    assert.deepEqual([empty.status, empty.body.error], [400, 'invalid_request']);
    const secretInQuery = new URLSearchParams({
      ...fields,
      client_id: 'job',
      client_secret: jobSecret,
    });
    const inQuery = await postForm(`${issuer}/token?${secretInQuery}`, fields);
    assert.equal(inQuery.status, 400);
    const introspected = await postForm(`${issuer}/introspect?token=x`, {}, api);
    assert.equal(introspected.status, 400);
    const posted = await fetch(`${issuer}/authorize?scope=openid%20profile&client_id=shop`, {
      method: 'POST',
      body: new URLSearchParams(parameters()),
      redirect: 'manual',
    });
    const { searchParams } = new URL(posted.headers.get('location') ?? '', issuer);
    assert.deepEqual(
      [...searchParams.keys()].sort(),
      parameters()
        .map(([name]) => name)
        .sort(),
    );
    assert.equal(searchParams.get('client_id'), 'app');
  });

  test('List and object notations are read as unknown names', async () => {
    for (const suffix of ['[]', '[0]', '[$ne]', '.x', '%00', ' ']) {
      const { status } = await post('/token', [
        ['grant_type', 'refresh_token'],
        ['client_id', 'app'],
        [`refresh_token${suffix}`, 'x'],
      ]);
      assert.equal(status, 400, suffix);
      const asList = await post(
        '/token',
        [
          [`grant_type${suffix}`, 'client_credentials'],
          ['resource', orders],
        ],
        job,
      );
      assert.equal(asList.status, 400, suffix);
    }
  });

  test('A client that authenticates in two ways is refused', async () => {
    const grant: Pairs = [
      ['grant_type', 'client_credentials'],
      ['resource', orders],
    ];
    const assertion: Pairs = [
      ['client_assertion', 'e30.e30.e30'],
      ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ];
    const secretInBody: Pairs = [
      ['client_id', 'job'],
      ['client_secret', jobSecret],
    ];
    for (const [pairs, headers] of [
      [secretInBody, job],
      [assertion, job],
      [[...assertion, ...secretInBody], {}],
      [[['client_id', 'app']], job],
      [[['client_id', 'orders-api']], job],
    ] as [Pairs, Record<string, string>][]) {
      const { status, body } = await post('/token', [...grant, ...pairs], headers);
      assert.deepEqual([status, body.error], [400, 'invalid_request'], JSON.stringify(pairs));
    }
    // Nor may a confidential client pass for a public one.
    const bare = await post('/token', [...grant, ['client_id', 'job']]);
    assert.deepEqual([bare.status, bare.body.error], [401, 'invalid_client']);
  });

  test('An access token is accepted in one place at a time, and never in the URL', async () => {
    const { issuer } = target();
    const app = createAppSession({ issuer, clientId: 'app', scope: 'openid' });
    const { accessToken } = await app.newTokens(target());
    const bearer = { authorization: `Bearer ${accessToken}` };
    assert.equal((await fetch(`${issuer}/userinfo`, { headers: bearer })).status, 200);
    const inQuery = await fetch(`${issuer}/userinfo?access_token=${accessToken}`);
    assert.equal(inQuery.status, 400);
    const both = await postForm(`${issuer}/userinfo`, { access_token: accessToken }, bearer);
    assert.equal(both.status, 400);
    const queryAndHeader = await fetch(`${issuer}/userinfo?access_token=x`, { headers: bearer });
    assert.equal(queryAndHeader.status, 400);
    const twice = await fetch(`${issuer}/userinfo`, {
      headers: [
        ['authorization', `Bearer ${accessToken}`],
        ['authorization', 'Bearer x'],
      ],
    });
    assert.ok([400, 401].includes(twice.status));
  });
});
