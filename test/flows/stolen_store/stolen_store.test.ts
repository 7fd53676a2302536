import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alice, answerPage, bob } from '../../../harness/sign_in.ts';
import { testSecret } from '../../../harness/test_secret.ts';
import { formsOf } from '../../../harness/user_agent.ts';
import { createClients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { randomId } from '../../../src/digests.ts';
import { createInitialAccessToken } from '../../../src/oidc/clients/initial_access_tokens.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createAppSession, tokensOf } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';
import { testAudit } from '../../support/rooms.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration, deviceGrant, orders, scope, serviceSecret, stock } from './configuration.ts';
import { dumpStore } from './dump.ts';

const callback = 'https://app.example/callback';
/** What could be an identifier of anything: neither too short nor a sentence. */
const identifier = /^[\w-]{20,64}$/;

await eachEngine((stores) => {
  test('A copy of the database holds nothing that grants access', async (t) => {
    const store = await stores.freshUrl();
    const server = await startTestServer({ store, declaration });
    t.after(() => server.close());
    const handedOut = await useEverything(server, store);
    const { text, values } = await dumpStore(store);

    assert.match(text, /RefreshToken/, 'the dump shows what is there');
    assert.ok(text.includes(alice.username));
    const found = [...handedOut].filter(([, value]) => text.includes(value));
    assert.deepEqual(found, []);

    const guesses = values.filter((value) => identifier.test(value));
    t.diagnostic(`${handedOut.size} values handed out, ${guesses.length} found in the store`);
    for (const guess of guesses) await opensNothing(server, guess);
  });
});

/** Every kind of bearer value there is, as clients, browsers and operators get them. */
async function useEverything(server: TestServer, url: string): Promise<Map<string, string>> {
  const { issuer } = server;
  const handedOut = new Map<string, string>();
  const keep = (name: string, value: unknown) => {
    assert.ok(typeof value === 'string' && value.length >= 8, name);
    handedOut.set(`${name} ${handedOut.size}`, value);
    return value;
  };
  keep('password', alice.password);
  keep('password', bob.password);
  keep('master secret', testSecret);
  keep('client secret', serviceSecret);

  const app = createAppSession({ issuer, clientId: 'app', scope });
  for (const resource of [orders, stock]) {
    const code = await app.newCode({ resource });
    keep('code', code.code);
    keep('code verifier', code.verifier);
    const first = tokensOf(await app.redeem(server, code));
    const second = tokensOf(await app.refresh(server, first.refreshToken));
    await app.refresh(server, first.refreshToken);
    for (const { accessToken, refreshToken, idToken } of [first, second]) {
      keep('access token', accessToken);
      keep('refresh token', refreshToken);
      keep('ID token', idToken);
    }
    const authorization = basic('service', serviceSecret);
    const request = { grant_type: 'client_credentials', resource };
    const own = await postForm(`${issuer}/token`, request, { authorization });
    keep('access token of a service', own.body.access_token);
  }
  keep('unredeemed code', (await app.newCode({ resource: orders })).code);

  const pushed = await postForm(`${issuer}/par`, {
    ...app.request(randomId(32)),
    resource: orders,
  });
  keep('request_uri', String(pushed.body.request_uri).split(':').at(-1));

  const device = { client_id: 'app', scope, resource: orders };
  for (const approved of [false, true]) {
    const { body } = await postForm(`${issuer}/device_authorization`, device);
    keep('device code', body.device_code);
    const userCode = keep('user code', body.user_code);
    keep('user code', userCode.replace(/\W/g, ''));
    if (!approved) continue;
    let page = await app.agent.open(String(body.verification_uri_complete));
    for (let step = 0; step < 5 && formsOf(page.html).length > 0; step += 1) {
      page = await answerPage(app.agent, page, callback);
    }
  }

  // An interaction that waits for its person.
  const waiting = createAppSession({ issuer, clientId: 'app', scope });
  const query = new URLSearchParams({ ...waiting.request(randomId(32)), resource: orders });
  const page = await waiting.agent.open(`${issuer}/authorize?${query}`);
  const fields = new Map(formsOf(page.html).flatMap((form) => form.fields));
  keep('anti-forgery token', fields.get('csrf'));
  for (const { agent } of [app, waiting]) {
    for (const { name, value } of agent.cookies()) keep(`cookie ${name}`, value);
  }

  const own = await openStore({ url });
  const audit = testAudit(own, clock);
  const { announce, killSwitches } = killSwitchesOn(own, { declared: {}, audit, clock });
  const room = { store: own.clients, announce, killSwitches, clock, audit };
  const clients = createClients(room);
  keep('rotated client secret', (await clients.rotateSecret('service')).secret);
  const { token } = await createInitialAccessToken(
    { artifacts: own.artifacts, clock },
    { lifetimeSeconds: 600 },
  );
  keep('initial access token', token);
  const registration = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [callback] }),
  });
  assert.equal(registration.status, 201);
  const registered = (await registration.json()) as Record<string, unknown>;
  keep('client secret of a registered client', registered.client_secret);
  keep('registration access token', registered.registration_access_token);
  await audit.close();
  await own.close();
  return handedOut;
}

/** Neither as it is, nor as a name under which the program itself looks records up. */
async function opensNothing({ issuer }: TestServer, stolen: string): Promise<void> {
  const token = { url: `${issuer}/token`, client_id: 'app' };
  for (const value of [stolen, `#${stolen}`]) {
    const bearer = { authorization: `Bearer ${value}` };
    const answers = await Promise.all([
      postForm(token.url, { ...token, grant_type: 'refresh_token', refresh_token: value }),
      postForm(token.url, { ...token, grant_type: deviceGrant, device_code: value }),
      postForm(token.url, {
        ...token,
        grant_type: 'authorization_code',
        code: value,
        redirect_uri: callback,
        code_verifier: randomId(32),
      }),
      postForm(`${issuer}/userinfo`, {}, bearer),
      postForm(`${issuer}/register`, {}, bearer),
      postForm(
        token.url,
        { grant_type: 'client_credentials' },
        { authorization: basic('service', value) },
      ),
    ]);
    for (const { status, body } of answers) {
      assert.ok(status === 400 || status === 401, `${value} is answered with ${status}`);
      assert.match(String(body.error), /^invalid_(grant|token|client|request)$|^expired_token$/);
    }
    const query = new URLSearchParams({
      client_id: 'app',
      request_uri: `urn:ietf:params:oauth:request_uri:${value}`,
    });
    const page = await fetch(`${issuer}/authorize?${query}`, { redirect: 'manual' });
    await page.body?.cancel();
    assert.equal(page.status, 400, `${value} as request_uri`);
  }
}
