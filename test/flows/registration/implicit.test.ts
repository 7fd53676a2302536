/**
 * The response types `id_token` and `id_token token`: an operator's choice, for clients that register
 * themselves, and never a way to an API.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { sha256 } from '../../../src/digests.ts';
import { requestAuthorization } from '../../support/flows.ts';
import { callback, metadata, orders } from './configuration.ts';
import { eachRegistrar, type Registrar } from './registrar.ts';

const responseTypes = ['id_token', 'id_token token'];
const registration = {
  ...metadata,
  token_endpoint_auth_method: 'none',
  grant_types: ['implicit'],
  response_types: responseTypes,
};
const discovery = async ({ issuer }: Registrar) => {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  return (await response.json()) as Record<string, string[]>;
};

await eachRegistrar(
  (registrar) => {
    const newClient = async () => {
      const { status, body } = await registrar().register(registration);
      assert.equal(status, 201, JSON.stringify(body));
      return body.client_id;
    };
    const request = (client_id: string, response_type: string) => ({
      client_id,
      response_type,
      redirect_uri: callback,
      scope: 'openid email',
      nonce: 'n-1',
      state: 's-1',
    });
    /** What comes in the fragment. */
    const signIn = async (
      clientId: string,
      responseType: string,
      agent: UserAgent = createUserAgent(),
    ) => {
      const parameters = new URLSearchParams(request(clientId, responseType));
      const url = `${registrar().issuer}/authorize?${parameters}`;
      const { hash, search } = await walkToClient(agent, url, callback);
      assert.equal(search, '');
      return Object.fromEntries(new URLSearchParams(hash.slice(1)));
    };
    const userinfo = async (token: string | undefined) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${registrar().issuer}/userinfo`, { headers });
      return { status: response.status, body: (await response.json()) as { email?: string } };
    };

    test('Discovery lists the implicit response types', async () => {
      const { response_types_supported, grant_types_supported } = await discovery(registrar());
      assert.deepEqual(response_types_supported, ['code', ...responseTypes]);
      assert.ok(grant_types_supported?.includes('implicit'));
    });

    test('A lone ID token holds the claims of the granted scopes', async () => {
      const answer = await signIn(await newClient(), 'id_token');
      assert.deepEqual(Object.keys(answer).sort(), ['id_token', 'state']);
      const { email, nonce } = decodeJwt<{ email: string; nonce: string }>(answer.id_token ?? '');
      assert.deepEqual([email, nonce], ['alice@example.com', 'n-1']);
    });

    test('An implicit access token opens userinfo, is bound to its ID token and is opaque', async () => {
      const answer = await signIn(await newClient(), 'id_token token');
      const { access_token: accessToken = '', id_token: idToken = '' } = answer;
      const half = Buffer.from(sha256(accessToken), 'base64url').subarray(0, 16);
      assert.equal(decodeJwt(idToken).at_hash, half.toString('base64url'));
      assert.ok(!accessToken.includes('.'));
      assert.equal(answer.refresh_token, undefined);
      // Beside an access token, userinfo tells the claims.
      assert.equal(decodeJwt(idToken).email, undefined);
      const { status, body } = await userinfo(accessToken);
      assert.deepEqual([status, body.email], [200, 'alice@example.com']);
    });

    test('An implicit access token ends when the user signs out', async () => {
      const agent = createUserAgent();
      const { access_token: token } = await signIn(await newClient(), 'id_token token', agent);
      const page = await agent.open(`${registrar().issuer}/logout`);
      await agent.submit(page, { action: /\/logout\/confirm$/, fields: { logout: 'yes' } });
      assert.equal((await userinfo(token)).status, 401);
    });

    test('An implicit access token is for no API, whatever was requested', async () => {
      const clientId = await newClient();
      const { location } = await requestAuthorization(registrar().issuer, {
        ...request(clientId, 'id_token token'),
        resource: orders,
        scope: 'openid orders:read',
      });
      assert.equal(new URLSearchParams(location?.hash.slice(1)).get('error'), 'invalid_target');
      const answer = await signIn(clientId, 'id_token token');
      assert.equal(answer.scope, 'openid email');
    });

    test('An implicit request without a nonce is refused', async () => {
      const { nonce: _nonce, ...parameters } = request(await newClient(), 'id_token');
      const { location } = await requestAuthorization(registrar().issuer, parameters);
      assert.equal(new URLSearchParams(location?.hash.slice(1)).get('error'), 'invalid_request');
    });

    test('Declared clients, and clients registered for codes, cannot request implicit response types', async () => {
      const { body } = await registrar().register();
      const clients = { declared: 'https://declared.example/', [body.client_id]: callback };
      for (const [clientId, redirectUri] of Object.entries(clients)) {
        for (const responseType of responseTypes) {
          const { location } = await requestAuthorization(registrar().issuer, {
            ...request(clientId, responseType),
            redirect_uri: redirectUri,
          });
          const error = new URLSearchParams(location?.hash.slice(1)).get('error');
          assert.equal(error, 'invalid_request', `${clientId} ${responseType}`);
        }
      }
    });
  },
  { implicit: true },
);

await eachRegistrar((registrar) => {
  test('The implicit response types do not exist unless enabled', async () => {
    const { response_types_supported, grant_types_supported } = await discovery(registrar());
    assert.deepEqual(response_types_supported, ['code']);
    assert.ok(!grant_types_supported?.includes('implicit'));
    for (const responseType of responseTypes) {
      const { status, body } = await registrar().register({
        ...registration,
        response_types: [responseType],
      });
      assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'], responseType);
    }
  });
});
