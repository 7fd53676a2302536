import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessServer, startProcessServer } from '../../../harness/process_server.ts';
import { alice } from '../../../harness/sign_in.ts';
import { createUserAgent, type Page } from '../../../harness/user_agent.ts';
import { sha256 } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import { proxyTo } from '../../storage/mongodb_proxy.ts';
import { type AppSession, createAppSession, type TokenSet } from '../../support/app_session.ts';
import { basic, postForm } from '../../support/flows.ts';
import { onMongo } from '../../support/stores.ts';
import { declaration, scope, serviceSecret } from './configuration.ts';

await onMongo((stores) => {
  test('A lost store is answered with 503, and every endpoint recovers by itself', async (t) => {
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

  test('A store that stops responding is answered with 503', async (t) => {
    const { proxy, server, app } = await start(t, await stores.freshUrl());
    const tokens = await app.newTokens(server);
    proxy.silence();
    await Promise.all([
      refusedByEndpoints(server, app, tokens),
      refusedByPages(server, app),
      notReady(server),
    ]);
    await proxy.mend();
    while ((await server.readiness()) !== 200) await sleep(50);
    assert.equal((await app.refresh(server, tokens.refreshToken)).status, 200);
  });

  test('Every page tells users that the service will be right back', async (t) => {
    const { proxy, server, app } = await start(t, await stores.freshUrl());
    const signingIn = createUserAgent();
    const signInPage = await signingIn.open(`${server.url}/authorize?${request(app)}`);
    const consenting = createUserAgent();
    const asked = {
      ...app.request('v'.repeat(43)),
      client_id: 'asking-app',
      scope: 'openid email',
    };
    const consentPage = await consenting.submit(
      await consenting.open(`${server.url}/authorize?${new URLSearchParams(asked)}`),
      { action: /sign-in$/, fields: alice },
    );
    assert.match(consentPage.html, /consent"/);
    const atDevice = createUserAgent();
    const devicePage = await atDevice.open(`${server.url}/device`);
    const leaving = createUserAgent();
    const signOutPage = await leaving.open(`${server.url}/logout`);
    const resumed = signInPage.url.replace('/interaction/', '/authorize/');

    await proxy.cut();
    const code = { user_code: 'WDJB-MJHT' };
    const pages = await Promise.all([
      createUserAgent().open(`${server.url}/authorize?${request(app)}`),
      signingIn.open(resumed),
      signingIn.open(signInPage.url),
      signingIn.submit(signInPage, { action: /sign-in$/, fields: alice }),
      signingIn.submit(signInPage, { action: /cancel$/ }),
      consenting.open(consentPage.url),
      consenting.submit(consentPage, { action: /consent$/ }),
      consenting.submit(consentPage, { action: /switch$/ }),
      atDevice.open(`${server.url}/device`),
      atDevice.submit(devicePage, { action: /device$/, fields: code }),
      leaving.open(`${server.url}/logout`),
      leaving.submit(signOutPage, { action: /confirm$/, fields: { logout: 'yes' } }),
    ]);
    for (const page of pages) isPause(page);

    await proxy.mend();
    while ((await server.readiness()) !== 200) await sleep(50);
    const after = await consenting.submit(consentPage, {
      action: /consent$/,
      stopAt: 'https://app.',
    });
    assert.match(after.url, /[?&]code=/, 'the form could be sent again');
  });

  test('A code spent by a failed request can be redeemed once more, and no more', async (t) => {
    const url = await stores.freshUrl();
    const { proxy, server, app } = await start(t, url);
    const code = await app.newCode();
    const store = await openStore({ url });
    t.after(() => store.close());
    const isSpent = async () => {
      const record = await store.artifacts.find('AuthorizationCode', sha256(code.code), Date.now());
      return record?.consumedAt !== undefined;
    };

    proxy.silenceAfter(/findAndModify.*artifacts.*consumed_at/s);
    assert.equal((await app.redeem(server, code)).status, 503);
    assert.equal(await isSpent(), true);
    await proxy.mend();
    while (await isSpent()) await sleep(20);

    assert.equal((await app.redeem(server, code)).status, 200);
    const again = await app.redeem(server, code);
    assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
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
  isPause(await createUserAgent().open(`${url}/authorize?${request(app)}`));
}

function isPause({ url, status, headers, html }: Page) {
  assert.equal(status, 503, url);
  assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, url);
  assert.match(headers.get('content-type') ?? '', /^text\/html/, url);
  assert.match(html, /<h1[^>]*>We will be right back</, url);
  assert.doesNotMatch(html, /mongo|ECONN|\.ts:/i, url);
}

/** The probe notices, and the process itself stays alive. */
async function notReady(server: ProcessServer) {
  while ((await server.readiness()) !== 503) await sleep(50);
}
