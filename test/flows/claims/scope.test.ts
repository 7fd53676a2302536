/** Which scope a request has that names none, too much, or nothing that the client may have (RFC 6749 section 3.3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, people } from '../../../harness/sign_in.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';

const orders = 'https://orders.example';
const notes = 'https://notes.example';
const secret = 'a-secret-of-at-least-32-characters';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const app = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', deviceGrant],
  redirect_uris: [callbackUri],
  consent: 'skip',
};
const api = (identifier: string, scope: string) => ({
  ...{ identifier, name: identifier, scopes: { [scope]: 'See them' } },
});

const declaration = {
  users: people,
  apis: [api(orders, 'orders:read'), api(notes, 'notes:read')],
  clients: [
    {
      ...app,
      client_id: 'one-api',
      scope: 'openid email offline_access orders:read',
      apis: [orders],
    },
    {
      ...app,
      client_id: 'two-apis',
      scope: 'openid email orders:read notes:read',
      apis: [orders, notes],
    },
    {
      ...app,
      client_id: 'by-default',
      scope: 'openid email profile',
      default_scope: 'openid email',
    },
    { ...app, client_id: 'without-scope' },
    { ...app, client_id: 'only-apis', scope: 'orders:read notes:read', apis: [orders, notes] },
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ scope: 'orders:read', apis: [orders] },
    },
  ],
};

await eachServer({ declaration }, (server) => {
  const request = (clientId: string, scope?: string) =>
    new URLSearchParams({
      ...{ client_id: clientId, response_type: 'code', redirect_uri: callbackUri, state: 's' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
      ...(scope !== undefined && { scope }),
    });
  /** Where the first answer leads: the error at the client, or undefined for a page. */
  const errorOf = async (clientId: string, scope?: string) => {
    const url = `${server().issuer}/authorize?${request(clientId, scope)}`;
    const { headers } = await fetch(url, { redirect: 'manual' });
    return (
      new URL(headers.get('location') ?? '', server().issuer).searchParams.get('error') ?? undefined
    );
  };
  /** What a sign-in is granted, as the token response tells it. */
  const granted = async (clientId: string, scope: string | undefined, more = {}) => {
    const { issuer } = server();
    const session = createAppSession({ issuer, clientId, scope: scope ?? '', person: alice });
    const code = await session.newCode(more);
    const { status, body } = await session.redeem({ url: issuer }, code);
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.scope).split(' ').sort().join(' ');
  };

  test("A request without scope gets the client's default", async () => {
    assert.equal(await granted('by-default', undefined), 'email openid');
    assert.equal(await granted('one-api', undefined), 'email openid orders:read');
    assert.equal(await granted('two-apis', undefined), 'email openid');
    assert.equal(
      await granted('two-apis', undefined, { resource: notes }),
      'email notes:read openid',
    );
    assert.equal(await granted('without-scope', undefined), 'openid');
  });

  test('A device request without scope gets the same', async () => {
    const { body } = await postForm(`${server().issuer}/device_authorization`, {
      client_id: 'by-default',
    });
    assert.equal(typeof body.user_code, 'string');
    const refused = await postForm(`${server().issuer}/device_authorization`, {
      client_id: 'only-apis',
    });
    assert.deepEqual([refused.status, refused.body.error], [400, 'invalid_scope']);
  });

  test('What the client is not registered for is left out, like what nobody knows, and the answer tells', async () => {
    assert.equal(
      await granted('by-default', 'openid email phone orders:read made-up'),
      'email openid',
    );
    assert.equal(await granted('one-api', 'openid notes:read orders:read'), 'openid orders:read');
  });

  test('Where nothing remains the app hears of it before anybody signs in', async () => {
    assert.equal(await errorOf('by-default', 'phone orders:read'), 'invalid_scope');
    assert.equal(await errorOf('by-default', 'made-up'), 'invalid_scope');
    assert.equal(await errorOf('only-apis'), 'invalid_scope');
    assert.equal(await errorOf('by-default', 'openid phone'), undefined);
  });

  test('Blanks around and between scopes count for nothing', async () => {
    assert.equal(await granted('by-default', '  openid   email '), 'email openid');
    const { issuer } = server();
    const { body } = await postForm(
      `${issuer}/token`,
      { grant_type: 'client_credentials', scope: ' orders:read  ' },
      { authorization: basic('job', secret) },
    );
    assert.equal(body.scope, 'orders:read');
    const session = createAppSession({ issuer, clientId: 'one-api', scope: 'openid  email' });
    const { refreshToken } = await session.newTokens({ url: issuer });
    const refreshed = await postForm(`${issuer}/token`, {
      ...{ grant_type: 'refresh_token', refresh_token: refreshToken },
      ...{ client_id: 'one-api', scope: ' email  openid' },
    });
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
  });

  test('A scope with other characters is refused', async () => {
    assert.equal(await errorOf('by-default', 'openid\temail'), 'invalid_scope');
    assert.equal(await errorOf('by-default', 'openid "email"'), 'invalid_scope');
  });
});
