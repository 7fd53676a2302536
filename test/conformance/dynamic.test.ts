/** The Dynamic plan: clients as the suite registers them, and what they refer to at the suite. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { postForm, requestAuthorization } from '../support/flows.ts';
import { elementsOf } from '../support/html.ts';
import { createSuiteClient } from './client.ts';
import { conformance } from './issuer.ts';

type Registered = Record<string, unknown> & { client_id: string };

const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: 'suite-1', use: 'sig', alg: 'RS256' };

const paths = { jwks: '/jwks', sector: '/sector.json' };

conformance('dynamic', (running) => {
  const redirectUri = () => createSuiteClient(running()).redirectUri;

  const register = async (members: Record<string, unknown> = {}) => {
    const response = await fetch(`${running().setup.issuer}/register`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await running().initialAccessToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        client_name: 'First client',
        application_type: 'web',
        contacts: ['suite@example.com'],
        redirect_uris: [redirectUri()],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [jwk] },
        ...members,
      }),
    });
    return { status: response.status, body: (await response.json()) as Registered };
  };

  const assertion = (clientId: string) =>
    new SignJWT({ iss: clientId, sub: clientId, jti: randomId() })
      .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
      .setAudience(`${running().setup.issuer}/token`)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);

  /** From the authorization request to the tokens. */
  const signIn = async ({ client_id }: Registered, to = redirectUri()) => {
    const { setup } = running();
    const request = new URLSearchParams({
      ...{ client_id, response_type: 'code', redirect_uri: to, nonce: 'n', state: 's' },
      scope: 'openid profile email address phone',
    });
    const url = `${setup.issuer}/authorize?${request}`;
    const callback = await walkToClient(createUserAgent(), url, to, { person: setup.person });
    return postForm(`${setup.issuer}/token`, {
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: to,
      client_assertion: await assertion(client_id),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
  };

  test('A client that registers as the conformance suite does signs users in and deletes itself', async () => {
    const { status, body } = await register();
    assert.equal(status, 201, JSON.stringify(body));
    const tokens = await signIn(body);
    assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
    assert.equal(tokens.body.scope, 'openid profile email address phone');
    const management = String(body.registration_client_uri);
    assert.ok(management.startsWith(`${running().setup.issuer}/`));
    const headers = { authorization: `Bearer ${body.registration_access_token}` };
    assert.equal((await fetch(management, { method: 'DELETE', headers })).status, 204);
    assert.equal((await signIn(body).catch(() => ({ status: 0 }))).status, 0);
  });

  test("A registered client's keys may be at a jwks_uri whose CA only outbound.ca knows", async () => {
    const { site } = running();
    site.serve(paths.jwks, { keys: [jwk] });
    const jwks_uri = `${site.url}${paths.jwks}`;
    const { body } = await register({ jwks: undefined, jwks_uri });
    assert.equal((await signIn(body)).status, 200);
    assert.ok(site.received.some(({ path }) => path === paths.jwks));
  });

  test('A sector_identifier_uri is fetched and must list the redirect URIs', async () => {
    const { site } = running();
    const sector_identifier_uri = `${site.url}${paths.sector}`;
    const members = { sector_identifier_uri, subject_type: 'pairwise' };
    site.serve(paths.sector, [redirectUri()]);
    assert.equal((await register(members)).status, 201);
    site.serve(paths.sector, ['https://other.example/callback']);
    const { status, body } = await register(members);
    assert.deepEqual([status, body.error], [400, 'invalid_client_metadata']);
  });

  test('A redirect URI may have a query, which is compared, but no fragment', async () => {
    const withQuery = `${redirectUri()}?foo=bar`;
    const { body } = await register({ redirect_uris: [withQuery] });
    assert.equal((await signIn(body, withQuery)).status, 200);
    const request = { client_id: body.client_id, response_type: 'code', scope: 'openid' };
    for (const redirect_uri of [redirectUri(), `${redirectUri()}?foo=baz`, `${withQuery}&x=y`]) {
      const answer = await requestAuthorization(running().setup.issuer, {
        ...request,
        redirect_uri,
      });
      assert.deepEqual([answer.status, answer.location], [400, undefined], redirect_uri);
    }
    // Not even the only one is implied.
    const { status } = await requestAuthorization(running().setup.issuer, request);
    assert.equal(status, 400);
    const refused = await register({ redirect_uris: [`${redirectUri()}#foo`] });
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_redirect_uri']);
  });

  test('The userinfo response is signed for a client that registered for it', async () => {
    const { setup } = running();
    const { body: client } = await register({ userinfo_signed_response_alg: 'RS256' });
    const { body } = await signIn(client);
    const response = await fetch(`${setup.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    assert.match(response.headers.get('content-type') ?? '', /^application\/jwt/);
    const keys = createRemoteJWKSet(new URL(`${setup.issuer}/.well-known/jwks.json`));
    const audience = client.client_id;
    const options = { issuer: setup.issuer, audience, algorithms: ['RS256'] };
    const { payload } = await jwtVerify(await response.text(), keys, options);
    assert.ok(payload.sub && payload.name && payload.address);
  });

  test('The policy and terms links are on the first page that a user sees', async () => {
    const links = {
      policy_uri: `${running().site.url}/policy`,
      tos_uri: `${running().site.url}/terms`,
    };
    const { body } = await register(links);
    const request = new URLSearchParams({
      ...{ client_id: body.client_id, response_type: 'code', scope: 'openid' },
      redirect_uri: redirectUri(),
    });
    const page = await createUserAgent().open(`${running().setup.issuer}/authorize?${request}`);
    const shown = elementsOf(page.html).flatMap(({ attributes }) => attributes.href ?? []);
    for (const link of Object.values(links)) assert.ok(shown.includes(link), link);
  });
});
