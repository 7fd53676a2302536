/**
 * At `debug` the log says why a request was refused, in one line with the request's id: what the answer must not
 * tell. Neither a bearer value nor a line of the refused one's making is in it.
 */
import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { alice } from '../../../harness/sign_in.ts';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { createKey } from '../../../src/api_keys/model/key_format.ts';
import { fingerprint, randomId } from '../../../src/digests.ts';
import { createAppSession } from '../../support/app_session.ts';
import { basic, postForm, sqliteServer } from '../../support/flows.ts';
import {
  callback,
  declaration,
  jobSecret,
  orders,
  ordersSecret,
  signerKeys,
} from './configuration.ts';

type Line = Record<string, unknown> & { msg: string; request_id?: string };

const job = basic('job', jobSecret);
const api = basic('orders-api', ordersSecret);
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function assertion(claims: Record<string, unknown>): string {
  const input = `${encode({ alg: 'ES256', kid: 'k' })}.${encode(claims)}`;
  const key = { key: signerKeys.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

sqliteServer({ declaration, logLevel: 'debug' }, (server) => {
  const app = () =>
    createAppSession({
      issuer: server().issuer,
      clientId: 'app',
      scope: 'openid offline_access orders:read',
    });
  const post = (
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ) => postForm(`${server().issuer}${path}`, fields, headers);

  /** The one line about the refusal of the request that was answered so. */
  const lineOf = ({ headers }: { headers: Headers }): Line => {
    const id = headers.get('x-request-id');
    assert.ok(id);
    const lines = server()
      .logged()
      .split('\n')
      .filter(Boolean)
      .map((line): Line => JSON.parse(line));
    const told = lines.filter(
      ({ request_id, msg }) => request_id === id && msg === 'request refused',
    );
    assert.equal(told.length, 1, `${told.length} lines about ${id}`);
    return told[0] ?? assert.fail();
  };
  const tells = (answer: { headers: Headers }, expected: Record<string, RegExp | string>) => {
    const line = lineOf(answer);
    for (const [field, value] of Object.entries(expected)) {
      const found = JSON.stringify(line[field]) ?? '';
      if (typeof value === 'string') assert.ok(found.includes(value), JSON.stringify(line));
      else assert.match(found, value, JSON.stringify(line));
    }
  };

  describe('Debug log of authorization refusals', () => {
    const authorize = (changes: Record<string, string>) =>
      fetch(
        `${server().issuer}/authorize?${new URLSearchParams({ ...app().request('v'.repeat(43)), ...changes })}`,
        { redirect: 'manual', headers: { accept: 'text/html' } },
      );

    test('The debug log shows the redirect URI sent and those registered', async () => {
      tells(await authorize({ redirect_uri: 'https://evil.example/cb' }), {
        error: 'invalid_redirect_uri',
        client_id: 'app',
        redirect_uri: 'https://evil.example/cb',
        registered_redirect_uris: callback,
      });
    });

    test('The debug log says whether a client is unknown or not allowed the request', async () => {
      tells(await authorize({ client_id: 'nobody' }), {
        error: 'invalid_client',
        client_fault: 'no client of this id',
        client_id: 'nobody',
      });
      tells(await authorize({ response_type: 'token' }), { error: /unsupported|unauthorized/ });
    });

    test('The debug log names missing parameters and excessive requests', async () => {
      tells(await authorize({ code_challenge: '' }), {
        error: 'invalid_request',
        description: /code_challenge/,
      });
      tells(await authorize({ prompt: 'none' }), { error: 'login_required', client_id: 'app' });
      tells(await authorize({ resource: 'https://other.example' }), {
        error: 'invalid_target',
        resource: 'https://other.example',
      });
      tells(await authorize({ request_uri: 'urn:ietf:params:oauth:request_uri:gone' }), {
        error: 'invalid_request_uri',
      });
    });
  });

  describe('Debug log of token refusals', () => {
    test('The debug log says whether a client is unknown or its secret is wrong', async () => {
      const fields = { grant_type: 'client_credentials' };
      tells(await post('/token', fields, { authorization: basic('nobody', 'x'.repeat(40)) }), {
        error: 'invalid_client',
        client_id: 'nobody',
        client_fault: 'no client of this id',
      });
      tells(await post('/token', fields, { authorization: basic('job', 'w'.repeat(40)) }), {
        error: 'invalid_client',
        client_id: 'job',
        detail: /secret/,
        registered_auth_method: 'client_secret_basic',
        valid_secrets: '1',
      });
      assert.doesNotMatch(server().logged(), /w{40}/);
    });

    test('The debug log names the wrong claim of a client assertion', async () => {
      const now = Math.floor(Date.now() / 1000);
      const right = {
        iss: 'signer',
        sub: 'signer',
        aud: server().issuer,
        jti: randomId(),
        exp: now + 60,
      };
      const ask = (claims: Record<string, unknown>) =>
        post('/token', {
          grant_type: 'client_credentials',
          client_assertion: assertion({ ...right, ...claims }),
          client_assertion_type: assertionType,
        });
      tells(await ask({ aud: 'https://other.example' }), {
        error: 'invalid_client',
        detail: /aud/,
      });
      tells(await ask({ exp: now - 600 }), { error: 'invalid_client', detail: /expired/ });
      tells(await ask({ iss: 'other' }), { error: 'invalid_client', detail: /iss/ });
    });

    test('The debug log says whether a code is unknown or spent, or its proof is wrong', async () => {
      const session = app();
      const code = await session.newCode();
      const unproved = await session.redeem(server(), { ...code, verifier: 'x'.repeat(43) });
      tells(unproved, { error: 'invalid_grant', detail: /code_verifier/ });
      const spent = await session.newCode();
      await session.redeem(server(), spent);
      tells(await session.redeem(server(), spent), {
        error: 'invalid_grant',
        presented: fingerprint(spent.code),
        presented_fault: /spent at 20/,
        issued_to: 'app',
      });
      tells(await session.redeem(server(), { ...code, code: 'never-issued' }), {
        presented_fault: /not on record/,
      });
    });

    test('The debug log says what became of a refresh token', async () => {
      const session = app();
      const { refreshToken } = await session.newTokens(server());
      await session.revoke(server(), refreshToken);
      tells(await session.refresh(server(), refreshToken), {
        error: 'invalid_grant',
        presented_fault: /revoked|not on record/,
      });
      assert.equal(server().logged().includes(refreshToken), false);
    });

    test('The debug log names the refused scope, API or grant type', async () => {
      const fields = { grant_type: 'client_credentials' };
      const ask = (more: Record<string, string>) =>
        post('/token', { ...fields, ...more }, { authorization: job });
      tells(await ask({ scope: 'orders:write' }), {
        error: 'invalid_scope',
        scope: 'orders:write',
        client_scope: 'orders:read',
      });
      tells(await ask({ resource: 'https://other.example' }), {
        error: 'invalid_target',
        resource: 'https://other.example',
      });
      tells(await ask({ grant_type: 'refresh_token', refresh_token: 'x' }), {
        error: 'unauthorized_client',
        client_grant_types: 'client_credentials',
      });
      tells(await ask({ grant_type: 'password' }), { error: 'unsupported_grant_type' });
    });

    test('The debug log says why an API key was not exchanged', async () => {
      const answer = await post('/token', {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: 'acme_live_nothing',
        subject_token_type: 'urn:cardea:token-type:api_key',
        resource: orders,
      });
      tells(answer, { error: 'invalid_' });
    });
  });

  test('The debug log explains refusals by /par and /device_authorization', async () => {
    const request = app().request('v'.repeat(43));
    tells(await post('/par', { ...request, redirect_uri: 'https://evil.example/cb' }), {
      error: 'invalid_re',
      redirect_uri: 'https://evil.example/cb',
    });
    tells(await post('/par', { ...request, client_id: 'nobody' }), { client_fault: 'no client' });
    tells(await post('/device_authorization', { client_id: 'job' }, { authorization: job }), {
      error: 'unauthorized_client',
      client_id: 'job',
    });
  });

  test('The debug log says what became of an access token at /userinfo', async () => {
    const ask = (token: string) => post('/userinfo', {}, { authorization: `Bearer ${token}` });
    tells(await ask('never-issued'), { error: 'invalid_token', presented_fault: /not on record/ });
    const session = app();
    const { accessToken } = await session.newTokens(server());
    await session.revoke(server(), accessToken);
    tells(await ask(accessToken), {
      error: 'invalid_token',
      presented: `JWT ${fingerprint(accessToken)}`,
      presented_fault: /revoked/,
    });
  });

  test('The debug log explains /introspect and /revoke even when the response is not an error', async () => {
    const ask = (path: string, token: string) => post(path, { token }, { authorization: api });
    tells(await ask('/introspect', 'never-issued'), {
      outcome: 'inactive',
      client_id: 'orders-api',
      presented: fingerprint('never-issued'),
      presented_fault: /not on record/,
    });
    const session = app();
    const { accessToken, refreshToken } = await session.newTokens(server());
    tells(await ask('/introspect', refreshToken), {
      outcome: 'inactive',
      presented_fault: /not for the client that asks/,
    });
    tells(await ask('/revoke', accessToken), {
      outcome: 'not_revoked',
      presented_fault: /not for the client that asks/,
    });
    tells(await ask('/revoke', 'never-issued'), { outcome: 'not_revoked' });
    // Nearly a token of ours is none.
    tells(await ask('/introspect', `~${accessToken}`), { presented_fault: /not on record/ });
    tells(await ask('/introspect', 'x'.repeat(60_000)), { detail: 'request entity too large' });
    const undeclared = await fetch(`${server().issuer}/introspect`, {
      method: 'POST',
      body: new Blob(['x'.repeat(70_000)]).stream(),
      headers: { authorization: api, 'content-type': 'application/x-www-form-urlencoded' },
      duplex: 'half',
    } as RequestInit);
    assert.equal(undeclared.status, 400);
    tells(undeclared, { error: 'invalid_request', detail: 'request entity too large' });
    for (const path of ['/introspect', '/revoke']) {
      tells(await post(path, { token: 't' }, { authorization: basic('nobody', 'x') }), {
        error: 'invalid_client',
      });
      tells(await post(path, {}, { authorization: api }), { error: 'invalid_request' });
    }
    assert.equal(server().logged().includes(accessToken), false);
  });

  test('The debug log explains refusals by /register, /api-keys/verify, /forward-auth and /logout', async () => {
    const { issuer } = server();
    const registration = await fetch(`${issuer}/register`, {
      method: 'POST',
      headers: { authorization: 'Bearer never-issued', 'content-type': 'application/json' },
      body: '{}',
    });
    tells(registration, { error: 'invalid_token' });
    const verification = await fetch(`${issuer}/api-keys/verify`, {
      method: 'POST',
      headers: { authorization: basic('job', 'x'), 'content-type': 'application/json' },
      body: '{"key":"k"}',
    });
    tells(verification, { error: /./, err: /./ });
    const forwarded = await fetch(`${issuer}/forward-auth?api=${encodeURIComponent(orders)}`, {
      headers: { authorization: 'Bearer never-issued' },
    });
    tells(forwarded, { error: /./, err: /./ });
    const agent = createUserAgent();
    tells(await agent.open(`${issuer}/logout?id_token_hint=nonsense`), {
      error: 'invalid_request',
    });
  });

  test('The debug log explains failed sign-ins, expired pages and wrong user codes', async () => {
    const { issuer } = server();
    const agent = createUserAgent();
    const query = new URLSearchParams(app().request('v'.repeat(43)));
    const page = await agent.open(`${issuer}/authorize?${query}`);
    const signIn = (fields: Record<string, string>) =>
      agent.submit(page, { action: /sign-in$/, fields, stopAt: page.url });
    tells(await signIn({ ...alice, password: 'not-her-password' }), {
      error: 'invalid_credentials',
      detail: 'the password is wrong',
      client_id: 'app',
    });
    tells(await signIn({ username: 'a-password-typed-too-early', password: 'x' }), {
      detail: 'no such user',
    });
    assert.doesNotMatch(server().logged(), /not-her-password|typed-too-early/);
    tells(await createUserAgent().open(page.url), { error: 'interaction_expired' });
    const device = await agent.open(`${issuer}/device`);
    const wrong = { action: /device$/, fields: { user_code: 'WDJB-MJHT' } };
    tells(await agent.submit(device, { ...wrong, stopAt: `${issuer}/device?` }), {
      error: 'not_found',
    });
  });

  test('The debug log hides an API key or secret that was sent in place of a client id', async () => {
    const key = createKey('acme', 'live');
    const secret = randomId(32);
    const claimed = { grant_type: 'client_credentials', token: 'x', client_id: key };
    for (const path of ['/token', '/introspect', '/revoke', '/par']) {
      tells(await post(path, { token: 'x' }, { authorization: basic(key, '') }), {
        error: 'invalid_request',
      });
      tells(await post(path, { token: 'x' }, { authorization: basic(key, 'x') }), {
        client_id: 'acme_live_[redacted]',
      });
      tells(await post(path, claimed), { client_id: 'acme_live_[redacted]' });
      const alone = `Basic ${Buffer.from(secret).toString('base64')}`;
      tells(await post(path, { token: 'x' }, { authorization: alone }), { error: /invalid/ });
    }
    tells(await post('/token', { ...claimed, client_id: `eyJ${key}.${secret}.${secret}` }), {
      client_id: '[redacted]',
    });
    assert.equal(server().logged().includes(key), false);
    assert.equal(server().logged().includes(secret), false);
  });

  test('A caller cannot write lines of its own into the debug log', async () => {
    const forged = 'app\n{"level":"fatal","msg":"forged"}';
    tells(await post('/token', { grant_type: 'client_credentials', client_id: forged }), {
      error: 'invalid_client',
    });
    const lines = server().logged().split('\n').filter(Boolean);
    assert.equal(
      lines.some((line) => JSON.parse(line).msg === 'forged'),
      false,
    );
  });
});

sqliteServer({ declaration }, (server) => {
  test('At level info, the line of the request names the reason, without details', async () => {
    await postForm(`${server().issuer}/token`, { grant_type: 'client_credentials' });
    assert.match(server().logged(), /"reason":"client_authentication_missing"/);
    assert.doesNotMatch(server().logged(), /request refused/);
  });
});
