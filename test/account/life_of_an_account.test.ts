/**
 * What becomes of an account from its registration to the end of its old sessions, in a real Chromium, with mails by SMTP
 * and an API that verifies tokens by itself.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { parse } from 'yaml';
import { startDemoApi } from '../../demo/api.ts';
import { startDemoApp } from '../../demo/app.ts';
import { type AccountPage, walkAccount } from '../../harness/account_walk.ts';
import { launchBrowser } from '../../harness/browser.ts';
import { freePort } from '../../harness/free_port.ts';
import { failuresOf } from '../support/flows.ts';
import { type MailServer, startMailServer } from '../support/mail_server.ts';
import { createMailbox } from '../support/mailbox.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';

onSqlite((stores) => {
  describe('The life of an account', () => {
    let smtp: MailServer;
    let server: TestServer;
    let api: Server;
    let app: Server;
    let shop: string;
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
    });
    after(() => browser?.close());
    beforeEach(async () => {
      smtp = await startMailServer();
      const [port, shopPort] = [await freePort(), await freePort()];
      // Browsers have passkeys for localhost, not for an address.
      const issuer = `http://localhost:${port}`;
      shop = `http://localhost:${shopPort}`;
      const file = await readFile(new URL('../../demo/cardea.yaml', import.meta.url), 'utf8');
      const declaration = {
        ...parse(file.replaceAll('http://localhost:8080', shop)),
        mail: { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } },
      };
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), declaration, issuer, port },
      });
      api = await startDemoApi({ issuer, port: 0 });
      const { port: apiPort } = api.address() as AddressInfo;
      app = await startDemoApp({ issuer, port: shopPort, api: `http://127.0.0.1:${apiPort}` });
    });
    afterEach(async () => {
      for (const each of [app, api]) {
        each.closeAllConnections();
        each.close();
      }
      await server.close();
      await smtp.close();
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    for (const [screen, options] of [
      ['a desktop', { viewport: { width: 1280, height: 800 } }],
      ['a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ] as const) {
      test(`A person registers, adds a passkey, signs in with it elsewhere, loses it, recovers, and ends what was signed in, and an API that verifies offline refuses the old tokens, on ${screen}`, async () => {
        await using visitors = new AsyncDisposableStack();
        const complaints: string[] = [];
        const seen: AccountPage[] = [];
        const { nextLink } = createMailbox(smtp);
        await walkAccount({
          ...{ issuer: server.issuer, shop },
          async newBrowser() {
            const visitor = visitors.use(await browser.newContext({ locale: 'en-GB', ...options }));
            const page = await visitor.newPage();
            page.on('pageerror', (error) => complaints.push(error.message));
            page.on('request', (request) => {
              const isOurs = [server.issuer, shop].some((url) => request.url().startsWith(url));
              if (!isOurs && !request.url().startsWith('data:'))
                complaints.push(`foreign: ${request.url()}`);
            });
            return page;
          },
          async nextLink(address) {
            const next = await nextLink(address);
            return async () => (await next()).link;
          },
          async look(name, page) {
            seen.push(name);
            const widest = await page.evaluate('document.documentElement.scrollWidth');
            assert.equal(widest, options.viewport.width, name);
          },
        });
        assert.deepEqual(complaints, []);
        assert.equal(seen.at(-1), 'ended');
      });
    }
  });
});
