import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { proxyTo } from '../../storage/mongodb_proxy.ts';
import { type AppSession, createAppSession, type TokenSet } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { type ProcessServer, startProcessServer } from '../../support/process_server.ts';
import { onMongo } from '../../support/stores.ts';
import { createUserAgent } from '../../support/user_agent.ts';
import { declaration, scope, serviceSecret } from './configuration.ts';

await onMongo((stores) => {
  test('a lost store is answered with 503, and everything recovers by itself', async (t) => {
    const { proxy, server, app } = await start(t, await stores.freshUrl());
    const tokens = await app.newTokens(server);
    const code = await app.newCode();
    await app.agent.open(`${server.url}/authorize?${request(app)}`, { stopAt: 'https://app.' });
    assert.equal(await server.readiness(), 200);

    await proxy.cut();
    await Promise.all([
      refusedByEndpoints(server, app, tokens),
      app.redeem(server, code).then((answer) => assert.equal(answer.status, 503)),
      refusedByPages(server, app),
      notReady(server),
    ]);
    for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration']) {
      assert.equal((await fetch(`${server.url}${path}`)).status, 200, `${path} from memory`);
    }

    await proxy.mend();
    while ((await server.readiness()) !== 200) await sleep(50);
    assert.equal((await app.redeem(server, code)).status, 200, 'the code was not spent');
    assert.equal((await app.refresh(server, tokens.refreshToken)).status, 200);
    assert.equal((await serviceToken(server)).status, 200);
    assert.ok(await app.newCode({ prompt: 'none' }), 'the person is still signed in');
  });
});

async function start(t: TestContext, url: string) {
  const proxy = await proxyTo(url);
  t.after(() => proxy.close());
  const server = await startProcessServer({ store: proxy.url, declaration });
  t.after(() => server.kill());
  const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope });
  return { proxy, server, app };
}

const request = (app: AppSession) => new URLSearchParams(app.request('v'.repeat(43)));

const serviceToken = ({ url }: ProcessServer) =>
  postForm(
    `${url}/token`,
    { grant_type: 'client_credentials' },
    { authorization: basic('service', serviceSecret) },
  );

async function refusedByEndpoints(server: ProcessServer, app: AppSession, tokens: TokenSet) {
  const { url } = server;
  const authorization = basic('service', serviceSecret);
  const bearer = { authorization: `Bearer ${tokens.accessToken}` };
  const answers = await Promise.all([
    serviceToken(server),
    app.refresh(server, tokens.refreshToken),
    app.revoke(server, tokens.refreshToken),
    postForm(`${url}/introspect`, { token: tokens.accessToken }, { authorization }),
    postForm(`${url}/userinfo`, {}, bearer),
    postForm(`${url}/par`, app.request('v'.repeat(43))),
    postForm(`${url}/device_authorization`, { client_id: 'app', scope }),
  ]);
  for (const { status, headers, body } of answers) {
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable']);
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.doesNotMatch(JSON.stringify(body), /mongo|127\.0\.0\.1|ECONN|\.ts:/i);
  }
}

async function refusedByPages({ url }: ProcessServer, app: AppSession) {
  const page = await createUserAgent().open(`${url}/authorize?${request(app)}`);
  assert.equal(page.status, 503);
  assert.match(page.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  assert.match(page.html, /<main/);
  assert.doesNotMatch(page.html, /mongo|ECONN|\.ts:/i);
}

/** The probe notices, and the process itself stays alive. */
async function notReady(server: ProcessServer) {
  while ((await server.readiness()) !== 503) await sleep(50);
}
