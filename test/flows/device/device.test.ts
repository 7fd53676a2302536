/** The device authorization grant (RFC 8628): a device without a browser, a person with one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { answerPage, bob, type Choices } from '../../../harness/sign_in.ts';
import {
  createUserAgent,
  formsOf,
  type Page,
  type UserAgent,
} from '../../../harness/user_agent.ts';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createShiftedClock, createStandingClock } from '../../support/clock.ts';
import { basic, eachServer, failuresOf, postForm } from '../../support/flows.ts';
import { createRelyingParty } from '../../support/relying_party.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { operationsDuring } from '../../support/store_operations.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, deviceGrant, orders, secret } from './configuration.ts';

const nowhere = 'https://nowhere.example';
const codeForm = /\/device$/;

type Started = {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
};

async function start({ issuer }: TestServer, fields: Record<string, string> = {}) {
  const answer = await postForm(`${issuer}/device_authorization`, {
    client_id: 'tv',
    scope: 'openid orders:read',
    ...fields,
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as Started;
}

const poll = ({ issuer }: TestServer, code: string, fields = {}, headers = {}) =>
  postForm(
    `${issuer}/token`,
    { grant_type: deviceGrant, client_id: 'tv', device_code: code, ...fields },
    headers,
  );

/** Types the code in and says yes; the page that follows. */
async function enterCode(agent: UserAgent, { verification_uri }: Started, userCode: string) {
  const page = await agent.open(verification_uri);
  return agent.submit(page, { action: codeForm, fields: { user_code: userCode } });
}

async function finish(agent: UserAgent, page: Page, choices: Choices = {}): Promise<Page> {
  let current = page;
  for (let step = 0; step < 6 && formsOf(current.html).length > 0; step += 1) {
    current = await answerPage(agent, current, nowhere, choices);
  }
  return current;
}

await eachServer({ declaration }, (server) => {
  test('openid-client polls until the user has approved on another device', async () => {
    const tv = await createRelyingParty({ issuer: server().issuer, clientId: 'tv' });
    const started = await openid.initiateDeviceAuthorization(tv.config, {
      scope: 'openid profile orders:read',
    });
    assert.equal(started.expires_in, 600);
    const agent = createUserAgent();
    const confirm = await enterCode(agent, started as unknown as Started, started.user_code);
    assert.match(confirm.html, /The Television/);
    assert.match(confirm.html, new RegExp(started.user_code));
    const done = await finish(agent, confirm);
    assert.equal(done.status, 200);
    const tokens = await openid.pollDeviceAuthorizationGrant(tv.config, {
      ...started,
      interval: 0.1,
    });
    assert.ok(tokens.claims()?.sub);
    assert.equal(tokens.claims()?.acr, 'urn:cardea:acr:password');
    assert.deepEqual(tokens.scope?.split(' ').sort(), ['openid', 'orders:read', 'profile']);
    const claims = decodeJwt(tokens.access_token);
    assert.deepEqual(claims.aud, [orders, `${server().issuer}/userinfo`]);
    assert.deepEqual(claims.amr, ['pwd']);
    const refreshed = await openid.refreshTokenGrant(tv.config, tokens.refresh_token ?? '');
    assert.equal(refreshed.scope, tokens.scope);
  });

  test('A polling device is told to wait until the user decides', async () => {
    const started = await start(server());
    const { status, body } = await poll(server(), started.device_code);
    assert.deepEqual([status, body.error], [400, 'authorization_pending']);
  });

  test('A code that does not exist, or is that of another client, is never told to slow down', async () => {
    const started = await start(server());
    const authorization = basic('printer', secret);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const unknown = await poll(server(), 'a'.repeat(43));
      assert.equal(unknown.body.error, 'invalid_grant');
      const fields = { client_id: 'printer' };
      const foreign = await poll(server(), started.device_code, fields, { authorization });
      assert.equal(foreign.body.error, 'invalid_grant');
    }
    assert.equal((await poll(server(), started.device_code)).body.error, 'authorization_pending');
  });

  test('User codes have the form of RFC 8628 and may be typed loosely', async () => {
    const started = await start(server());
    assert.match(started.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
    assert.ok(started.device_code.length >= 43);
    assert.ok(started.verification_uri_complete.includes(started.user_code));
    const typed = started.user_code.toLowerCase().replace('-', ' ');
    const confirm = await enterCode(createUserAgent(), started, typed);
    assert.match(confirm.html, /The Television/);
  });

  test('A link that contains the user code still asks before it connects the device', async () => {
    const started = await start(server());
    const agent = createUserAgent();
    const page = await agent.open(started.verification_uri_complete);
    const confirm = await agent.submit(page, { action: codeForm });
    assert.match(confirm.html, /The Television/);
    assert.equal((await poll(server(), started.device_code)).body.error, 'authorization_pending');
    await finish(agent, confirm, { person: bob });
    assert.equal((await poll(server(), started.device_code)).status, 200);
  });

  test('A device code is redeemed once', async () => {
    const started = await start(server());
    const agent = createUserAgent();
    await finish(agent, await enterCode(agent, started, started.user_code));
    const first = await poll(server(), started.device_code);
    assert.equal(first.status, 200);
    const second = await poll(server(), started.device_code);
    assert.deepEqual([second.status, second.body.error], [400, 'invalid_grant']);
    const refresh = await postForm(`${server().issuer}/token`, {
      grant_type: 'refresh_token',
      client_id: 'tv',
      refresh_token: String(first.body.refresh_token),
    });
    assert.deepEqual([refresh.status, refresh.body.error], [400, 'invalid_grant']);
  });

  test('A refusal on either page ends the device request', async () => {
    const aborted = await start(server());
    const agent = createUserAgent();
    const confirm = await enterCode(agent, aborted, aborted.user_code);
    const page = await agent.submit(confirm, { action: codeForm, fields: { abort: 'yes' } });
    assert.match(page.html, /role="alert"/);
    const first = await poll(server(), aborted.device_code);
    assert.deepEqual([first.status, first.body.error], [400, 'access_denied']);

    const cancelled = await start(server());
    const other = createUserAgent();
    let current = await enterCode(other, cancelled, cancelled.user_code);
    current = await answerPage(other, current, nowhere);
    await other.submit(current, { action: /\/cancel$/ });
    const second = await poll(server(), cancelled.device_code);
    assert.deepEqual([second.status, second.body.error], [400, 'access_denied']);
  });

  test('An unknown, spent or missing user code is reported on the page', async () => {
    const started = await start(server());
    const agent = createUserAgent();
    for (const typed of ['WRNG-CODE', '', '----', "'; drop table", 'x'.repeat(500), 'ÄÖÜ']) {
      const page = await enterCode(agent, started, typed);
      assert.match(page.html, /role="alert"/, typed);
      assert.ok(page.status < 500);
    }
    await finish(agent, await enterCode(agent, started, started.user_code));
    const again = await enterCode(createUserAgent(), started, started.user_code);
    assert.match(again.html, /role="alert"/);
  });

  test('The device form without its secret does nothing', async () => {
    const started = await start(server());
    const agent = createUserAgent();
    const page = await agent.open(started.verification_uri);
    const fields = { user_code: started.user_code, confirm: 'yes', xsrf: 'x' };
    for (const sender of [agent, createUserAgent()]) {
      const forged = await sender.submit(page, { action: codeForm, fields });
      assert.equal(new URL(forged.url).pathname, '/device');
      assert.match(forged.html, /role="alert"/);
      assert.ok(formsOf(forged.html).some(({ action }) => codeForm.test(action)));
    }
    assert.equal((await poll(server(), started.device_code)).body.error, 'authorization_pending');
  });

  test('A device code works for its own client only', async () => {
    const started = await start(server());
    const agent = createUserAgent();
    await finish(agent, await enterCode(agent, started, started.user_code));
    const authorization = basic('printer', secret);
    const fields = { client_id: 'printer' };
    const stolen = await poll(server(), started.device_code, fields, { authorization });
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    assert.equal((await poll(server(), started.device_code)).status, 200);
  });

  test('An invalid device authorization request is refused', async () => {
    const url = `${server().issuer}/device_authorization`;
    const attempts: [number, string, Record<string, string>][] = [
      [400, 'unauthorized_client', { client_id: 'app' }],
      [401, 'invalid_client', { client_id: 'unknown' }],
      [401, 'invalid_client', { client_id: 'printer' }],
      [400, 'invalid_request', {}],
      [400, 'invalid_scope', { client_id: 'tv', scope: 'email' }],
      [400, 'invalid_target', { client_id: 'tv', resource: 'https://unknown.example' }],
    ];
    for (const [status, error, fields] of attempts) {
      const answer = await postForm(url, fields);
      assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify(fields));
    }
    for (const code of ['x', 'a'.repeat(43), '#', '']) {
      const { status, body } = await poll(server(), code);
      const expected = code === '' ? 'invalid_request' : 'invalid_grant';
      assert.deepEqual([status, body.error], [400, expected], code);
    }
  });
});

await eachEngine((stores) => {
  test('A device that polls faster than the interval is told to slow down, whichever node it asks', async () => {
    const clock = createStandingClock();
    const store = await stores.freshUrl();
    const one = await startTestServer({ store, declaration, clock });
    const other = await startTestServer({ store, declaration, clock, issuer: one.issuer });
    try {
      const started = await start(one);
      assert.equal(started.interval, 5);
      const ask = async (node: TestServer) =>
        (await poll({ ...node, issuer: node.url }, started.device_code)).body.error;
      const pending = 'authorization_pending';
      assert.deepEqual(
        [await ask(one), await ask(other), await ask(one)],
        [...[pending, 'slow_down', 'slow_down']],
      );
      clock.forward(3000);
      assert.equal(await ask(other), 'slow_down');
      clock.forward(2000);
      assert.deepEqual([await ask(other), await ask(one)], [pending, 'slow_down']);
      const atOnce = await start(one);
      const errors = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          poll({ ...one, issuer: (index % 2 ? one : other).url }, atOnce.device_code),
        ),
      );
      assert.equal(errors.filter(({ body }) => body.error === pending).length, 1);

      const agent = createUserAgent();
      await finish(agent, await enterCode(agent, started, started.user_code));
      assert.equal((await poll(one, started.device_code)).status, 200);
    } finally {
      await other.close();
      await one.close();
    }
  });

  test('A poll of a waiting device touches one counter and no record', async () => {
    const clock = createShiftedClock();
    const server = await startTestServer({ store: await stores.freshUrl(), declaration, clock });
    try {
      const started = await start(server);
      await poll(server, started.device_code);
      const cost = await operationsDuring(server, () => poll(server, started.device_code));
      assert.equal(cost['counters.addAll'], 1);
      assert.equal(cost['artifacts.put'], undefined);
      assert.equal(cost['artifacts.rewrite'], undefined);
    } finally {
      await server.close();
    }
  });

  test('An expired device code is reported as expired to the device and to the user', async () => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    try {
      const started = await start(server);
      const opened = await openStore({ url: store });
      const id = sha256(started.device_code);
      const artifact = await opened.artifacts.find('DeviceCode', id, Date.now());
      assert.ok(artifact);
      const exp = Math.floor(Date.now() / 1000) - 1;
      await opened.artifacts.put({ ...artifact, payload: { ...artifact.payload, exp } });
      await opened.close();
      const { status, body } = await poll(server, started.device_code);
      assert.deepEqual([status, body.error], [400, 'expired_token']);
      const page = await enterCode(createUserAgent(), started, started.user_code);
      assert.match(page.html, /role="alert"/);
    } finally {
      await server.close();
    }
    assert.deepEqual(failuresOf(server.logged()), []);
  });
});
