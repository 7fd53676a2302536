/**
 * Names that mean something to a database, to JavaScript's objects or to a file system mean nothing here:
 * they are unknown clients, users, codes and scopes, and nothing comes of them.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createAppSession } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { callback, declaration, jobSecret, orders } from './configuration.ts';
import { eachTarget } from './target.ts';

const names = [
  "' OR '1'='1",
  "'; DROP TABLE clients; --",
  "app' --",
  'app%',
  'app\u0000',
  'app ',
  ' app',
  'APP',
  'ａｐｐ',
  '{"$ne":null}',
  '{"$gt":""}',
  '$where',
  'app.$',
  '.*',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'undefined',
  'null',
  '../app',
  '#{7*7}',
  'x'.repeat(3000),
];
const job = { authorization: basic('job', jobSecret) };

await eachTarget(declaration, (target) => {
  /** How many records there are of what; none of these attacks may add or remove one. */
  const counts = async () => {
    const records = Object.entries(await target().dump());
    const kept = ['clients', 'users', 'artifacts', 'revocations', 'documents'];
    return Object.fromEntries(
      records.filter(([name]) => kept.includes(name)).map(([name, rows]) => [name, rows.length]),
    );
  };
  let registration: { client_id: string; registration_access_token: string; uri: string };

  before(async () => {
    const answer = await fetch(`${target().issuer}/register`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await target().initialAccessToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ redirect_uris: [callback] }),
    });
    const body = (await answer.json()) as typeof registration & { registration_client_uri: string };
    registration = { ...body, uri: body.registration_client_uri };
  });

  test("Names from JavaScript's prototypes are unknown identifiers wherever one is accepted", async () => {
    const { issuer } = target();
    const before = await counts();
    const token = (fields: Record<string, string>, headers = {}) =>
      postForm(`${issuer}/token`, fields, headers);
    for (const name of names) {
      const answers = await Promise.all([
        token({ grant_type: name, client_id: 'app' }),
        token({ grant_type: 'refresh_token', client_id: name, refresh_token: 'x' }),
        token({ grant_type: 'refresh_token', client_id: 'app', refresh_token: name }),
        token({
          grant_type: 'authorization_code',
          client_id: 'app',
          code: name,
          redirect_uri: callback,
          code_verifier: 'x'.repeat(43),
        }),
        token({
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          client_id: 'app',
          device_code: name,
        }),
        token({ grant_type: 'client_credentials' }, { authorization: basic(name, jobSecret) }),
        token({ grant_type: 'client_credentials' }, { authorization: basic('job', name) }),
        token({ grant_type: 'client_credentials', resource: name }, job),
        token({ grant_type: 'client_credentials', resource: orders, scope: name }, job),
        postForm(`${issuer}/par`, new URLSearchParams(parameters({ client_id: name }))),
        postForm(`${issuer}/par`, new URLSearchParams(parameters({ redirect_uri: name }))),
        postForm(`${issuer}/device_authorization`, { client_id: name }),
      ]);
      for (const [index, { status, body }] of answers.entries()) {
        assert.ok(status === 400 || status === 401, `${index} ${name.slice(0, 40)}: ${status}`);
        assert.match(String(body.error), /^(invalid|unsupported|unauthorized)_\w+$/);
      }
      const bearer = { authorization: `Bearer ${encodeURIComponent(name)}` };
      const introspected = await postForm(`${issuer}/introspect`, { token: name }, job);
      assert.deepEqual(introspected.body, { active: false });
      const revoked = await postForm(`${issuer}/revoke`, { token: name }, job);
      assert.equal(revoked.body.revoked, false);
      assert.equal((await fetch(`${issuer}/userinfo`, { headers: bearer })).status, 401);
      const managed = await fetch(`${issuer}/register/${encodeURIComponent(name)}`, {
        headers: bearer,
      });
      assert.ok([400, 401].includes(managed.status));
      for (const path of [
        `/interaction/${encodeURIComponent(name)}`,
        `/authorize/${encodeURIComponent(name)}`,
        `/authorize?client_id=${encodeURIComponent(name)}`,
        `/authorize?client_id=app&request_uri=${encodeURIComponent(`urn:ietf:params:oauth:request_uri:${name}`)}`,
        `/logout?client_id=${encodeURIComponent(name)}`,
        `/logout/success?client_id=${encodeURIComponent(name)}`,
      ]) {
        const { status, url } = await createUserAgent().open(`${issuer}${path}`, {
          stopAt: callback,
        });
        assert.ok(status === 400 || url.startsWith(callback), `${path}: ${status}`);
      }
    }
    assert.deepEqual(await counts(), before);
  });

  test("Names from JavaScript's prototypes sign nobody in as a username or a code", async () => {
    const { issuer } = target();
    const agent = createUserAgent();
    const page = await agent.open(authorizeUrl(issuer));
    for (const username of names.slice(0, 12)) {
      const fields = { username, password: "' OR '1'='1" };
      const answer = await agent.submit(page, { action: /sign-in$/, fields });
      assert.ok([401, 429].includes(answer.status));
    }
    for (const user_code of names) {
      const device = await agent.open(`${issuer}/device`);
      const answer = await agent.submit(device, { action: /device$/, fields: { user_code } });
      assert.ok(answer.status < 500);
      assert.doesNotMatch(answer.html, /confirm/);
    }
  });

  describe("Names of JavaScript's own members", () => {
    test('Prototype names as parameters, claims and scopes change nothing', async () => {
      const { issuer } = target();
      const app = createAppSession({ issuer, clientId: 'app', scope: 'openid profile' });
      for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
        const claims = `{"userinfo":{"${name}":null,"name":{"${name}":{"polluted":true}}},"${name}":{"polluted":true}}`;
        const { accessToken } = await app.newTokens(target(), {
          claims,
          [name]: 'polluted',
          scope: `openid profile ${name}`,
          ui_locales: name,
          login_hint: name,
          acr_values: name,
        });
        const answer = await fetch(`${issuer}/userinfo`, {
          headers: { authorization: `Bearer ${accessToken}` },
        });
        const body = (await answer.json()) as Record<string, unknown>;
        assert.equal(answer.status, 200);
        assert.equal(body.name, 'Alice Adams');
        assert.equal(Object.hasOwn(body, name), false);
        const issued = await postForm(
          `${issuer}/token`,
          { grant_type: 'client_credentials', resource: orders, [name]: 'polluted' },
          job,
        );
        assert.equal(issued.status, 200);
      }
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    });

    test('Prototype names as registration metadata change nothing', async () => {
      const power = {
        consent: 'skip',
        require_pkce: false,
        apis: ['https://notes.example'],
        allowed_scope: 'orders:write',
        client_id: 'app',
        client_secret: 'chosen-by-the-attacker-0123456789abcdef',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['https://evil.example/'],
      };
      const own = JSON.stringify({ redirect_uris: [callback], client_name: 'Name' });
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        const body = `${own.slice(0, -1)},"${name}":${JSON.stringify(power)}}`;
        const answer = await fetch(`${target().issuer}/register`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${await target().initialAccessToken()}`,
            'content-type': 'application/json',
          },
          body,
        });
        // Refused as a whole where it contradicts itself that way.
        if (answer.status === 400) continue;
        assert.equal(answer.status, 201);
        const registered = (await answer.json()) as Record<string, unknown>;
        assert.deepEqual(registered.redirect_uris, [callback]);
        assert.equal(registered.token_endpoint_auth_method, 'client_secret_basic');
        assert.notEqual(registered.client_id, 'app');
        assert.notEqual(registered.client_secret, power.client_secret);
        assert.equal(registered.scope, 'openid profile orders:read');
        const update = await fetch(registration.uri, {
          method: 'PUT',
          headers: {
            authorization: `Bearer ${registration.registration_access_token}`,
            'content-type': 'application/json',
          },
          body: `{"client_id":"${registration.client_id}","redirect_uris":["${callback}"],"${name}":${JSON.stringify(power)}}`,
        });
        const updated = (await update.json()) as typeof registration & { redirect_uris: string[] };
        assert.equal(update.status, 200);
        assert.deepEqual(updated.redirect_uris, [callback]);
        registration.registration_access_token = updated.registration_access_token;
      }
      const { clients = [] } = await target().dump();
      const stored = JSON.stringify(
        clients.filter(({ record }) => String(record).includes('dynamic')),
      );
      assert.doesNotMatch(stored, /evil|skip|orders:write|notes\.example/);
      assert.equal(({} as { consent?: unknown }).consent, undefined);
    });
  });
});
