/** Registration without an initial access token, where an operator opens it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerPage } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { systemClock } from '../../../src/clock.ts';
import { createInitialAccessToken } from '../../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../../src/storage/open.ts';
import { eachServer, sqliteServer } from '../../support/flows.ts';
import { type Answer, send } from '../registration/registrar.ts';
import { connect, refresh, requestOf } from './agent.ts';
import { declaration, scope, tools } from './configuration.ts';

const open = {
  ...declaration,
  dynamic_registration: {
    ...{ enabled: true, open: true, apis: [tools], scope },
    registrations_per_address: '1000/1h',
  },
};
const redirectUri = 'http://localhost:33418/callback';
const metadata = {
  client_name: 'Desk Agent',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
};

await eachServer({ declaration: open }, (server) => {
  const register = (body: object = metadata, token?: string): Promise<Answer> =>
    send('POST', `${server().issuer}/register`, token, body);
  const withStore = async <T>(
    work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
  ) => {
    const store = await openStore({ url: server().store });
    return work(store).finally(() => store.close());
  };

  test('A program that nobody knows registers, signs a person in, and refreshes', async () => {
    const { status, body } = await register();
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.token_endpoint_auth_method, 'none');
    assert.equal(body.application_type, 'native');
    for (const absent of ['client_secret', 'registration_access_token', 'registration_client_uri'])
      assert.equal(body[absent], undefined, absent);
    const client = { clientId: body.client_id, redirectUri };
    const tokens = await connect(server().issuer, client);
    const refreshed = await refresh(server().issuer, body.client_id, tokens.refresh_token);
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
  });

  test('One that asks for a secret is registered as a public client, and is told so', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const { status, body } = await register({ ...metadata, token_endpoint_auth_method: method });
      assert.deepEqual([status, body.token_endpoint_auth_method], [201, 'none']);
      assert.equal(body.client_secret, undefined);
    }
  });

  test('Redirect URIs that cannot be used here are left out, and one that has no others is refused', async () => {
    // As Cursor registers, which says that it is a web application.
    const usable = [redirectUri, 'https://agent.example/callback'];
    const unusable = ['cursor://anysphere.cursor-mcp/oauth/callback', 'http://agent.example/'];
    for (const application_type of [undefined, 'native', 'web']) {
      const given = [unusable[0], usable[0], unusable[1], usable[1]];
      const { status, body } = await register({
        ...metadata,
        application_type,
        redirect_uris: given,
      });
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual(body.redirect_uris, usable);
      const client = { clientId: body.client_id, redirectUri };
      await connect(server().issuer, client);
    }
    const { status, body } = await register({ ...metadata, redirect_uris: unusable });
    assert.deepEqual([status, body.error], [400, 'invalid_redirect_uri']);
  });

  test('One that asks for keys, or a grant type that needs no person, is refused', async () => {
    const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
    for (const wrong of [
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://agent.example/jwks' },
      { grant_types: ['client_credentials'], redirect_uris: [] },
      { grant_types: ['authorization_code', exchange] },
    ]) {
      const { status, body } = await register({ ...metadata, ...wrong });
      assert.deepEqual([status, body.error], [400, 'invalid_client_metadata']);
    }
  });

  test('The consent page warns of a program on this device, and of an app that nobody knows', async () => {
    const consentFor = async (uri: string) => {
      const { body } = await register({ ...metadata, redirect_uris: [uri] });
      const agent = createUserAgent();
      const request = requestOf(server().issuer, { client_id: body.client_id, redirect_uri: uri });
      return (await answerPage(agent, await agent.open(request), uri)).html;
    };
    assert.match(await consentFor(redirectUri), /class="notice caution">[^<]*runs on your device/);
    assert.match(
      await consentFor('https://agent.example/cb'),
      /class="notice caution">[^<]*registered itself/,
    );
  });

  test('A registration that nobody used goes by itself, and one that was used stays', async () => {
    const { body: idle } = await register();
    const { body: used } = await register();
    await connect(server().issuer, { clientId: used.client_id, redirectUri });
    await withStore(async (store) => {
      const week = 7 * 86_400_000;
      const expiry = Number((await store.clients.find(idle.client_id))?.expiresAt);
      assert.ok(expiry > Date.now() + week - 60_000 && expiry <= Date.now() + week);
      assert.equal((await store.clients.find(used.client_id))?.expiresAt, undefined);
      const events = await store.audit.list({ clientId: idle.client_id, limit: 10 });
      assert.deepEqual(events, []);
      const [created] = (await store.audit.list({ clientId: used.client_id, limit: 10 })).filter(
        ({ type }) => type === 'client.created',
      );
      assert.equal(created?.actor, `client:${used.client_id}`);
    });
  });

  test('An initial access token still counts where registration is open, and a wrong one is refused', async () => {
    const { token } = await withStore(({ artifacts }) =>
      createInitialAccessToken({ artifacts, clock: systemClock }, { lifetimeSeconds: 600 }),
    );
    const { status, body } = await register(metadata, token);
    assert.equal(status, 201, JSON.stringify(body));
    assert.ok(body.client_secret && body.registration_access_token);
    const wrong = await register(metadata, 'x'.repeat(43));
    assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_token']);
  });

  test('A page of any origin may register', async () => {
    const headers = { origin: 'https://agent.example', 'content-type': 'application/json' };
    const url = `${server().issuer}/register`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /content-type/i);
    const body = JSON.stringify(metadata);
    const response = await fetch(url, { method: 'POST', headers, body });
    assert.deepEqual(
      [response.status, response.headers.get('access-control-allow-origin')],
      [201, '*'],
    );
  });
});

describe('Limits of open registration', () => {
  const limited = {
    ...open,
    dynamic_registration: { ...open.dynamic_registration, registrations_per_address: '3/1h' },
  };
  sqliteServer({ declaration: limited, trustedProxies: '127.0.0.1/32' }, (server) => {
    const from = async (address: string) => {
      const response = await fetch(`${server().issuer}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
        body: JSON.stringify(metadata),
      });
      await response.body?.cancel();
      return response.status;
    };
    test('An address that registers too many is refused, and others are not', async () => {
      const statuses = [];
      for (let count = 0; count < 4; count += 1) statuses.push(await from('198.51.100.1'));
      assert.deepEqual(statuses, [201, 201, 201, 429]);
      assert.equal(await from('198.51.100.2'), 201);
    });
  });

  sqliteServer(
    { declaration: { ...declaration, dynamic_registration: { enabled: true } } },
    (server) => {
      test('Where registration is not open, it needs a token', async () => {
        const answer = await send('POST', `${server().issuer}/register`, undefined, metadata);
        assert.equal(answer.status, 401);
      });
    },
  );
});
