/** “Test this connection” in a real Chromium, whose policy for forms would not let it leave by a redirect. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { freePort } from '../../harness/free_port.ts';
import {
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../harness/providers/openid_provider.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { alice, declaration } from './scene.ts';

onSqlite((stores) => {
  describe('A test of the connection in a browser', () => {
    let other: OpenIdProvider;
    let server: TestServer;
    let browser: Browser;
    before(async () => {
      const port = await freePort();
      // A site of its own: for browsers, ports of one host are the same site.
      const own = `http://localhost:${port}`;
      other = await startOpenIdProvider({ redirectUris: [`${own}/sign-in-with/staff/callback`] });
      const { issuer, clientId, clientSecret } = other;
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), issuer: own, port },
        declaration: {
          ...declaration,
          outbound: { allow: ['127.0.0.1/32'] },
          identity_providers: [
            {
              id: 'staff',
              name: 'Staff',
              issuer,
              client_id: clientId,
              client_secret: clientSecret,
            },
          ],
        },
      });
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.close();
      await other?.close();
    });

    test('An operator goes to the provider and comes back to what it said', async () => {
      other.signInAs({ sub: 'alice-there', email: 'alice@example.com', email_verified: true });
      await using visitor = await browser.newContext();
      const page = await visitor.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${server.issuer}/console/identity-providers/staff`);
      await page.getByLabel('Username or email').fill(alice.username);
      await page.getByLabel('Password', { exact: true }).fill(alice.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('link', { name: 'Test this connection' }).click();
      await page.getByRole('button', { name: 'Go to Staff' }).click();
      await page.getByRole('heading', { name: 'Tested: Staff' }).waitFor();
      await page.getByText('The connection works').waitFor();
      await page.getByRole('main').getByRole('link', { name: 'alice', exact: true }).waitFor();
      assert.deepEqual(complaints, []);
    });
  });
});
