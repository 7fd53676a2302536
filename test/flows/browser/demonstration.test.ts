/** The demonstration that `npm start` offers: its whole round trip, as the README tells it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { parse } from 'yaml';
import { startDemoApi } from '../../../demo/api.ts';
import { startDemoApp } from '../../../demo/app.ts';
import { launchBrowser } from '../../../harness/browser.ts';
import { freePort } from '../../../harness/free_port.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { createVisitor, ways } from './visitor.ts';
import { signIn } from './walks.ts';

const alice = { username: 'alice', password: 'password' };

onSqlite((stores) => {
  let server: TestServer;
  let api: Server;
  let app: Server;
  let browser: Browser;
  let shop: string;

  before(async () => {
    const port = await freePort();
    shop = `http://localhost:${port}`;
    const file = await readFile(new URL('../../../demo/cardea.yaml', import.meta.url), 'utf8');
    const declaration = parse(file.replaceAll('http://localhost:8080', shop));
    server = await startTestServer({ store: await stores.freshUrl(), declaration });
    const { issuer } = server;
    api = await startDemoApi({ issuer, port: 0 });
    const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    app = await startDemoApp({ issuer, port, api: apiUrl });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    for (const each of [app, api]) {
      each.closeAllConnections();
      each.close();
    }
    await server.close();
  });

  /** The demonstration speaks English. */
  const english = ways.filter(({ locale }) => locale === 'en');
  for (const way of english) {
    test(`A user signs in, the app calls the API, refreshes and signs out, ${way.name}`, async () => {
      const v = await createVisitor(browser, way, [server.issuer, shop]);
      const { page, t } = v;
      await v.open(shop);
      await v.inspect('Shop');
      await v.follow('Sign in with Cardea');
      await signIn(v, alice);
      await v.press(t.consent.allow);
      await v.see('Welcome, Alice Adams');
      await v.inspect('Shop');
      await v.see('alice@example.com');
      await v.see('answered 200');
      await v.see('Bronze door hinge');
      const tokenBefore = await page.locator('pre').last().textContent();
      await v.press('Refresh the tokens');
      await v.see('refreshed once');
      await v.see('Welcome, Alice Adams');
      await v.see('answered 200');
      assert.notEqual(await page.locator('pre').last().textContent(), tokenBefore);
      await v.press('Revoke the access token');
      await v.see('You revoked the access token.');
      await v.see('The API refuses the token that it accepted a moment ago.');
      await v.see('answered 401');
      await v.inspect('Shop');
      await v.press('Refresh the tokens');
      await v.see('answered 200');
      await v.press('Sign out');
      await v.see('Your orders, once you sign in');
      await v.follow('Sign in with Cardea');
      await v.see(t.sign_in.username);
      await v.leave();
    });
  }

  test('A user with a German browser sees the consent page in German', async () => {
    const german = ways.find(({ locale }) => locale === 'de');
    assert.ok(german);
    const v = await createVisitor(browser, german, [server.issuer, shop]);
    await v.open(`${shop}/sign-in`);
    await signIn(v, alice);
    await v.see('Bestellungen (Demo)');
    await v.see('Ihre Bestellungen sehen');
    await v.leave();
  });

  test('The demonstration app works with full and with partial consent', async () => {
    const [way] = english;
    assert.ok(way);
    const v = await createVisitor(browser, way, [server.issuer, shop]);
    const { t } = v;
    await v.open(`${shop}/sign-in`);
    await v.press(v.fill(t.sign_in.cancel, { client: 'Shop' }));
    await v.inspect('You did not sign in');
    await v.open(`${shop}/sign-in`);
    await signIn(v, alice);
    await v.toggle('See your orders');
    await v.press(t.consent.allow);
    await v.see('answered 403');
    await v.open(`${shop}/callback?code=stolen`);
    await v.inspect('That did not work');
    await v.leave();
  });
});
