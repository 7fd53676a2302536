/**
 * Step-up (RFC 9470): an API refuses a sign-in that is too weak, its answer tells the app what to ask for, the person
 * proves what is missing, and the API accepts. Both places that make the challenge: the verifier and forward-auth.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import Koa from 'koa';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createVerifier, protectKoa } from '../../../src/verifier/index.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { beginSignIn, newApp, walk } from './walk.ts';

const acr = (level: string) => `urn:cardea:acr:${level}`;
const payments = 'https://payments.example';
const notes = 'https://notes.example';
const [password, secret] = ['a-password-of-the-test', 'a-secret-of-the-test-0123456789ab'];

const declaration = {
  users: ['alice', 'bob', 'carol'].map((username) => ({ username, password })),
  apis: [
    { identifier: payments, name: 'Payments', scopes: { 'payments:write': 'Pay for you' } },
    {
      ...{ identifier: notes, name: 'Notes', scopes: { 'notes:read': 'See your notes' } },
      ...{ access_token_format: 'opaque', client_id: 'notes-api' },
    },
  ],
  clients: [
    {
      ...{ client_id: 'app', client_name: 'App', token_endpoint_auth_method: 'none' },
      ...{ grant_types: ['authorization_code'], redirect_uris: [callbackUri], consent: 'skip' },
      ...{ scope: 'openid payments:write notes:read', apis: [payments, notes] },
    },
    {
      ...{ client_id: 'notes-api', client_secret: secret },
      ...{ grant_types: [], redirect_uris: [], response_types: [] },
    },
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ redirect_uris: [], response_types: [], scope: 'payments:write', apis: [payments] },
    },
  ],
};

/** The parameters of a challenge (RFC 9110 section 11.6.1). */
function challengeOf(headers: Headers): Record<string, string> {
  const found = (headers.get('www-authenticate') ?? '').matchAll(/(\w+)="([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}

await eachServer({ declaration }, (server) => {
  const session = (username: string) => {
    const [agent, own] = [createUserAgent(), newApp()];
    return {
      own,
      /** The app's access token for the API. */
      async tokenFor(resource: string, scope: string, parameters: Record<string, string> = {}) {
        const request = { scope: `openid ${scope}`, resource, ...parameters };
        const { url, redeem } = await beginSignIn(server().issuer, 'app', request);
        own.asked = [];
        const page = await walk(agent, url, own, { person: { username, password } });
        return (await redeem(page)).access_token;
      },
    };
  };

  test('An API asks for mfa by its answer, the app sends the person back, and the API accepts', async (t) => {
    const verifier = createVerifier({ issuer: server().issuer, audience: payments });
    t.after(() => verifier.close());
    const api = new Koa()
      .use(protectKoa(verifier, { scopes: 'payments:write', acr: 'mfa', max_age: 600 }))
      .use((ctx) => {
        ctx.body = 'paid';
      });
    const listener = createServer(api.callback()).listen(0, '127.0.0.1');
    t.after(() => listener.close());
    const pay = (token: string) =>
      fetch(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/`, {
        headers: { authorization: `Bearer ${token}` },
      });

    const { own, tokenFor } = session('alice');
    const refused = await pay(await tokenFor(payments, 'payments:write'));
    assert.deepEqual(own.asked, ['sign-in']);
    assert.equal(refused.status, 401);
    assert.equal(
      ((await refused.json()) as { error: string }).error,
      'insufficient_user_authentication',
    );
    const { acr_values = '', max_age = '' } = challengeOf(refused.headers);
    const stronger = await tokenFor(payments, 'payments:write', { acr_values, max_age });
    assert.deepEqual(own.asked, ['authenticator-app']);
    const accepted = await pay(stronger);
    assert.equal(await accepted.text(), 'paid');
    // A service has nobody to sign in.
    const { body } = await postForm(
      `${server().issuer}/token`,
      { grant_type: 'client_credentials', resource: payments },
      { authorization: basic('job', secret) },
    );
    assert.equal((await pay(String(body.access_token))).status, 401);
  });

  for (const [username, api, scope, kind] of [
    ['bob', payments, 'payments:write', 'a JWT'],
    ['carol', notes, 'notes:read', 'an opaque token'],
  ] as const) {
    test(`Forward-auth asks for it in the same way, of ${kind}`, async () => {
      const { tokenFor } = session(username);
      const ask = (token: string, more: Record<string, string>) =>
        fetch(`${server().url}/forward-auth?${new URLSearchParams({ api, ...more })}`, {
          headers: {
            authorization: `Bearer ${token}`,
            ...(api === notes && { 'cardea-gateway-authorization': basic('notes-api', secret) }),
          },
        });
      const weak = await tokenFor(api, scope);
      assert.equal((await ask(weak, { acr: 'password', max_age: '600' })).status, 200);
      const refused = await ask(weak, { acr: 'mfa' });
      assert.equal(refused.status, 401);
      const { code } = (await refused.json()) as { code: string };
      assert.equal(code, 'insufficient_user_authentication');
      assert.deepEqual(challengeOf(refused.headers), {
        ...{ realm: api, error: 'insufficient_user_authentication' },
        error_description: 'A stronger or more recent sign-in is required.',
        acr_values: acr('mfa'),
      });
      const strong = await tokenFor(api, scope, { acr_values: acr('mfa') });
      assert.equal((await ask(strong, { acr: 'mfa' })).status, 200);
      const old = await ask(strong, { acr: 'phishing_resistant', max_age: '0' });
      assert.deepEqual([old.status, challengeOf(old.headers).max_age], [401, '0']);
      for (const [name, value] of [
        ['acr', 'strong'],
        ['max_age', '-1'],
        ['max_age', '1e3'],
      ] as const) {
        assert.equal((await ask(strong, { [name]: value })).status, 400);
      }
    });
  }
});
