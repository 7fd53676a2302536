/** The Basic and Form Post plans, for what the flows' own tests do not prove: PKCE-less clients, https. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createDeclaration } from '../../scripts/conformance/declaration.ts';
import { claimsByScope } from '../../src/definitions/claims.ts';
import { requestAuthorization } from '../support/flows.ts';
import { createSuiteClient, readIdToken } from './client.ts';
import { conformance } from './issuer.ts';

const now = () => Math.floor(Date.now() / 1000);
/** What the suite knows in an ID token; it warns of any other claim. */
const knownClaims = new Set(
  'iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash sid'.split(' '),
);

conformance('basic', (running) => {
  const suite = () => createSuiteClient(running());

  for (const mode of ['query', 'form_post']) {
    test(`A confidential client signs a user in by ${mode} without PKCE`, async () => {
      const { issuer } = running().setup;
      const { callback, answer, idToken } = await suite().signIn({
        parameters: { response_mode: mode },
      });
      assert.deepEqual([...callback.keys()].sort(), ['code', 'iss', 'state']);
      assert.deepEqual([callback.get('iss'), callback.get('state')], [issuer, 'state-1']);

      const { status, headers, body } = answer;
      assert.equal(status, 200);
      assert.match(headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(String(body.token_type).toLowerCase(), 'bearer');
      assert.ok(Number.isInteger(body.expires_in));

      const { alg, kid } = idToken.header;
      assert.ok(alg === 'RS256' && kid);
      const { claims } = idToken;
      assert.deepEqual(
        Object.keys(claims).filter((name) => !knownClaims.has(name)),
        [],
      );
      assert.deepEqual([claims.iss, claims.aud, claims.nonce], [issuer, 'one', 'nonce-1']);
      assert.match(String(claims.sub), /^[\x20-\x7e]{1,255}$/);
      const { iat = 0, exp = 0, auth_time } = claims;
      assert.ok(Math.abs(iat - now()) < 60 && exp > iat && Number.isInteger(auth_time));
    });
  }

  test('Cookies over HTTPS are Secure and bound to this host', async () => {
    const response = await fetch(suite().authorizationUrl({}), { redirect: 'manual' });
    const set = response.headers.getSetCookie();
    assert.ok(set.length > 0);
    for (const cookie of set) assert.match(cookie, /; *secure/i);
    const { agent } = await suite().signIn();
    assert.ok(agent.cookies().some(({ name }) => name === '__Host-cardea_session'));
  });

  test('Each scope releases every one of its claims', async () => {
    const [user] = createDeclaration(running().setup).users;
    const scopes = Object.keys(claimsByScope);
    for (const asked of [...scopes, scopes.join(' ')]) {
      const { accessToken } = await suite().signIn({ parameters: { scope: `openid ${asked}` } });
      const { body } = await suite().userinfo(accessToken);
      const names = asked.split(' ').flatMap((scope) => claimsByScope[scope] ?? []);
      assert.deepEqual(Object.keys(body).sort(), ['sub', ...names].sort(), asked);
      if (asked !== scopes.join(' ')) continue;
      const { address, birthdate, phone_number_verified: verified, updated_at: updated } = body;
      assert.deepEqual([address, birthdate], [user?.claims.address, user?.claims.birthdate]);
      assert.equal(verified, true);
      assert.ok(Number.isInteger(updated) && Number(updated) <= now());
    }
  });

  test('The userinfo endpoint takes the token by GET, by POST and in a form', async () => {
    const { accessToken, idToken } = await suite().signIn();
    const headers = { authorization: `Bearer ${accessToken}` };
    const body = new URLSearchParams({ access_token: accessToken });
    for (const init of [{}, { method: 'POST', headers }, { method: 'POST', headers: {}, body }]) {
      const answer = await suite().userinfo(accessToken, init);
      assert.deepEqual([answer.status, answer.body.sub], [200, idToken.claims.sub]);
    }
  });

  test('Optional and unknown request parameters are accepted without effect', async () => {
    const agent = createUserAgent();
    const { idToken } = await suite().signIn({ agent });
    for (const parameters of [
      { display: 'page' },
      { display: 'popup' },
      { ui_locales: 'se' },
      { claims_locales: 'se' },
      { login_hint: running().setup.person.username },
      { acr_values: '1 2' },
      { extra: 'foobar' },
      { max_age: '10000' },
    ] as Record<string, string>[]) {
      const again = await suite().signIn({ agent, parameters });
      assert.equal(again.idToken.claims.sub, idToken.claims.sub, JSON.stringify(parameters));
      assert.equal(again.idToken.claims.auth_time, idToken.claims.auth_time);
      assert.ok(again.idToken.claims.acr);
    }
  });

  test('A claim requested by the claims parameter is returned without its scope', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { accessToken } = await suite().signIn({ parameters: { claims } });
    const { body } = await suite().userinfo(accessToken);
    assert.deepEqual(Object.keys(body).sort(), ['name', 'sub']);
  });

  test('A reused code is answered with invalid_grant, and its token is revoked', async () => {
    const { redeem, authorize, userinfo } = suite();
    const code = (await authorize()).get('code');
    const { body } = await redeem(code);
    assert.equal((await userinfo(String(body.access_token))).status, 200);
    const again = await redeem(code);
    assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
    assert.equal((await userinfo(String(body.access_token))).status, 401);
  });

  test('An unsupported parameter is reported to the client with its own error code', async () => {
    const { issuer } = running().setup;
    const request = {
      client_id: 'one',
      redirect_uri: suite().redirectUri,
      state: 's',
      scope: 'openid',
    };
    const cases: [Record<string, string>, string][] = [
      [{ response_type: 'code', request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object'],
      [
        { response_type: 'code', request_uri: 'https://suite.example/request' },
        'request_uri_not_supported',
      ],
      [{}, 'invalid_request'],
      [{ response_type: 'code', prompt: 'none' }, 'login_required'],
    ];
    for (const [parameters, error] of cases) {
      const { location } = await requestAuthorization(issuer, { ...request, ...parameters });
      const answer = location?.searchParams;
      assert.deepEqual([answer?.get('error'), answer?.get('state')], [error, 's'], error);
      const known = ['error', 'error_description', 'iss', 'state'];
      assert.ok([...(answer?.keys() ?? [])].every((name) => known.includes(name)));
    }
  });

  test('A client authenticates with its secret in the form body', async () => {
    const { setup } = running();
    const { authorize, redirectUri } = suite();
    const callback = await authorize({ clientId: 'post' });
    const response = await fetch(`${setup.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: callback.get('code') ?? '',
        redirect_uri: redirectUri,
        client_id: 'post',
        client_secret: setup.secret,
      }),
    });
    assert.equal(response.status, 200);
  });

  test('A refresh token works for its own client only, and its ID token describes the same sign-in', async () => {
    const { signIn, token } = suite();
    const { answer, idToken } = await signIn();
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: String(answer.body.refresh_token),
    };
    const stolen = await token(fields, 'two');
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const { status, body } = await token(fields);
    assert.equal(status, 200);
    const { claims } = readIdToken(String(body.id_token));
    for (const name of ['iss', 'sub', 'aud', 'auth_time']) {
      assert.equal(claims[name], idToken.claims[name], name);
    }
    assert.ok((claims.iat ?? 0) >= (idToken.claims.iat ?? Number.POSITIVE_INFINITY));
  });
});
