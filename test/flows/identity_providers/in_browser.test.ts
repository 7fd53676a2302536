/**
 * Signing in with another provider in a real browser, which has cookies, forms and redirects as browsers have them. The
 * providers are on another site.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.ts';
import { freePort } from '../../../harness/free_port.ts';
import {
  type ScriptedProvider,
  startScriptedProvider,
} from '../../../harness/providers/scripted_provider.ts';
import { alice } from '../../../harness/sign_in.ts';
import { fill, pageTexts } from '../../../src/pages/texts.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { createDevice, type Device } from '../passkeys/browser_scene.ts';
import { beginSignIn } from '../second_factor/walk.ts';
import { appClient, password, providerOf, upstreamClient } from './scene.ts';

const { sign_in: t, provider_account: newAccount, account } = pageTexts.en;
const provider = 'Staff';

/** Sends what it has by a form, as Apple does. */
const byForm = (action: string, fields: Record<string, string>) =>
  `<!doctype html><form method="post" action="${action}">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    .join('')}</form><script>document.forms[0].submit()</script>`;

onSqlite((stores) => {
  let upstream: TestServer;
  let apple: ScriptedProvider;
  let here: TestServer;
  let browser: Browser;

  before(async () => {
    const port = await freePort();
    // A site of its own: for browsers, ports of one host are the same site.
    const issuer = `http://localhost:${port}`;
    upstream = await startTestServer({
      store: await stores.freshUrl(),
      declaration: {
        users: ['carol', 'dora'].map((username) => ({ username, password })),
        clients: [upstreamClient(`${issuer}/sign-in-with/staff/callback`)],
      },
    });
    apple = await startScriptedProvider({ sub: 'somebody-at-apple' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    here = await startTestServer({
      ...{ store: await stores.freshUrl(), issuer, port },
      declaration: {
        users: [alice],
        clients: [appClient],
        outbound: { allow: ['127.0.0.1'] },
        identity_providers: [
          providerOf(upstream.issuer, { new_people: 'ask' }),
          {
            ...{ id: 'apple', preset: 'apple', issuer: apple.issuer, client_id: apple.clientId },
            ...{ apple_key: { team_id: 'T', key_id: 'K', private_key: pem }, new_people: 'create' },
          },
        ],
      },
    });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await here?.close();
    await apple?.close();
    await upstream?.close();
  });

  const signInThere = async (device: Device, username: string) => {
    await device.type(t.username, username);
    await device.type(t.password, password);
    await device.press(t.submit);
  };

  test('A person signs in with another provider for the first time, and has an account', async () => {
    const device = await createDevice(browser);
    const { url } = await beginSignIn(here.issuer, 'app');
    await device.open(String(url));
    await device.page.getByRole('button', { name: fill(t.provider, { provider }) }).waitFor();
    assert.deepEqual(await device.violations(), []);
    await device.press(fill(t.provider, { provider }));
    await signInThere(device, 'carol');
    await device.page.getByRole('heading', { name: newAccount.title }).waitFor();
    assert.deepEqual(await device.violations(), []);
    await device.press(newAccount.submit);
    assert.ok((await device.arrive()).searchParams.has('code'));
    await device.leave();
  });

  test('A response that a provider has the browser post from another site signs the person in', async () => {
    apple.script({
      answers: {
        '/authorize': async (request, response) => {
          const query = new URL(request.url ?? '', apple.issuer).searchParams;
          assert.equal(query.get('response_mode'), 'form_post');
          const code = apple.codeFor(query.get('nonce') ?? '');
          const fields = { code, state: query.get('state') ?? '', iss: apple.issuer, user: '{}' };
          const type = { 'content-type': 'text/html' };
          response.writeHead(200, type).end(byForm(query.get('redirect_uri') ?? '', fields));
        },
      },
    });
    const device = await createDevice(browser);
    const { url } = await beginSignIn(here.issuer, 'app');
    await device.open(String(url));
    await device.press(fill(t.provider, { provider: 'Apple' }));
    assert.ok((await device.arrive()).searchParams.has('code'));
    await device.leave();
  });

  test('A person who is signed in connects an account at a provider', async () => {
    const device = await createDevice(browser);
    await device.open(`${here.issuer}/account/ways`);
    await device.type(t.username, alice.username);
    await device.type(t.password, alice.password);
    await device.press(t.submit);
    const { page } = device;
    await page
      .getByRole('link', { name: fill(account.way_providers.connect, { provider }) })
      .click();
    assert.deepEqual(await device.violations(), []);
    await device.press(fill(account.provider.go, { provider }));
    await signInThere(device, 'dora');
    await page.getByRole('button', { name: account.provider.confirm, exact: true }).waitFor();
    assert.deepEqual(await device.violations(), []);
    await device.press(account.provider.confirm);
    await page.getByText(fill(account.provider.connected, { provider })).waitFor();
    assert.deepEqual(await device.violations(), []);
    await device.leave();
  });
});
