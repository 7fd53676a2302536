/** Passkeys in a real Chromium, with a virtual authenticator for the device. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { ceremonyOn } from '../../../harness/authenticator.ts';
import { launchBrowser } from '../../../harness/browser.ts';
import { withoutSuggestions } from '../../../harness/virtual_authenticator.ts';
import { openStore } from '../../../src/storage/open.ts';
import { startLocalSite } from '../../support/local_site.ts';
import { onSqlite } from '../../support/stores.ts';
import { createDevice, type Device } from './browser_scene.ts';
import { passkeyScene, password, type Scene } from './scene.ts';

onSqlite((stores) => {
  describe('Passkeys in a browser', () => {
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
    });
    after(() => browser.close());

    passkeyScene(stores, (scene) => {
      const signInByPassword = async (device: Device, username: string, client: string) => {
        await device.open((await scene().begin(client)).url);
        await device.type('Username or email', username);
        await device.type('Password', password);
        await device.press('Sign in');
      };
      /** On a device of its own, which is answered with its passkey in it. */
      const setUp = async (username: string, options = {}) => {
        const device = await createDevice(browser, options);
        await signInByPassword(device, username, 'vault');
        await device.press('Set up a passkey');
        assert.ok((await device.arrive()).searchParams.has('code'));
        const [credential] = await device.credentials();
        return { device, credential: credential ?? assert.fail('no passkey was made') };
      };

      test('A passkey that is set up on one device signs in on another that has it, too, by the button', async () => {
        const { device, credential } = await setUp('alice');
        assert.ok(credential.isResidentCredential);
        assert.equal(credential.rpId, 'localhost');
        await device.leave();

        const second = await createDevice(browser);
        await second.receive(credential);
        await second.page.addInitScript(withoutSuggestions);
        await second.open((await scene().begin('vault')).url);
        await second.press('Sign in with a passkey');
        assert.ok((await second.arrive()).searchParams.has('code'));
        await second.leave();
      });

      test('The field for the name suggests the passkey, and the page takes it', async () => {
        const { device, credential } = await setUp('bob');
        await device.leave();
        const second = await createDevice(browser);
        await second.receive(credential);
        const field = second.page.getByLabel('Username or email', { exact: true });
        await second.open((await scene().begin('app')).url);
        // Chromium's device picks the suggestion by itself.
        assert.ok((await second.arrive()).searchParams.has('code'));
        assert.equal(await field.count(), 0);
        await second.leave();
      });

      test('A person who is not verified by the device is not signed in', async () => {
        const { device, credential } = await setUp('carol');
        await device.leave();
        const second = await createDevice(browser, { isVerified: false });
        await second.receive(credential);
        await second.page.addInitScript(withoutSuggestions);
        await second.open((await scene().begin('app')).url);
        await second.press('Sign in with a passkey');
        await second.page.getByText('No passkey was used. You can try again.').waitFor();
        await second.setVerified(true);
        await second.press('Sign in with a passkey');
        assert.ok((await second.arrive()).searchParams.has('code'));
        await second.leave();
      });

      test('A copy whose count stays behind is refused, and a removed passkey is forgotten by the browser', async () => {
        const { device, credential } = await setUp('dora');
        await device.leave();
        const use = async (signCount: number) => {
          const other = await createDevice(browser);
          await other.receive({ ...credential, signCount });
          await other.page.addInitScript(withoutSuggestions);
          await other.open((await scene().begin('app')).url);
          await other.press('Sign in with a passkey');
          return other;
        };
        const first = await use(10);
        await first.arrive();
        await first.leave();
        const copy = await use(2);
        await copy.page.getByText('This passkey may have been copied').waitFor();
        await copy.leave();

        await removePasskeys(scene(), 'dora');
        const removed = await createDevice(browser);
        await removed.receive({ ...credential, signCount: 30 });
        await removed.page.addInitScript(withoutSuggestions);
        await removed.open((await scene().begin('app')).url);
        await removed.press('Sign in with a passkey');
        await removed.page.getByText('This passkey does not sign you in here.').waitFor();
        await removed.page.waitForLoadState();
        for (let wait = 0; wait < 100 && (await removed.credentials()).length > 0; wait += 1) {
          await removed.page.waitForTimeout(50);
        }
        assert.deepEqual(await removed.credentials(), []);
        await removed.leave();
      });

      test('What a page of another origin has signed for a sign-in is refused', async () => {
        const { signInPage, post } = scene();
        const { device, credential } = await setUp('frank');
        await device.leave();
        const evil = await startLocalSite();
        evil.serve('/evil', {});
        const victim = await createDevice(browser);
        await victim.receive(credential);
        // The same domain, as a neighbouring program or subdomain has it: the browser lets it ask.
        await victim.open(`http://localhost:${new URL(evil.url).port}/evil`);
        const { agent, page } = await signInPage();
        const options = JSON.stringify(ceremonyOn(page.html, 'sign-in'));
        const signed: string = await victim.page.evaluate(`navigator.credentials
          .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${options}) })
          .then((credential) => JSON.stringify(credential))`);
        assert.match(signed, /signature/);
        assert.equal((await post(agent, page, 'passkey', signed)).status, 401);
        await victim.leave();
        await evil.close();
      });

      test('A browser that is asked to make a passkey by itself goes on, whether or not it does', async () => {
        const device = await createDevice(browser);
        await signInByPassword(device, 'hugo', 'app');
        await device.page.getByRole('heading', { name: 'You are signed in' }).waitFor();
        assert.deepEqual(await device.violations(), []);
        assert.ok((await device.arrive()).searchParams.has('code'));
        await device.leave();
      });

      test('Without JavaScript the page is as it was, and the password signs in', async () => {
        const device = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' });
        const page = await device.newPage();
        await page.goto((await scene().begin('app')).url);
        assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
        await device.close();
      });

      for (const { name, width, colorScheme } of [
        { name: 'wide', width: 1280, colorScheme: 'light' as const },
        { name: 'narrow and dark', width: 390, colorScheme: 'dark' as const },
      ]) {
        test(`The pages of passkeys break no rule of accessibility, ${name}`, async () => {
          const viewport = { width, height: 860 };
          const device = await createDevice(browser, { viewport, colorScheme });
          await device.page.addInitScript(withoutSuggestions);
          await device.open((await scene().begin('vault')).url);
          assert.deepEqual(await device.violations(), []);
          await signInByPassword(device, 'gina', 'vault');
          await device.page.getByRole('heading', { name: 'Set up a passkey' }).waitFor();
          assert.deepEqual(await device.violations(), []);
          await device.leave();
        });
      }
    });
  });
});

async function removePasskeys({ server }: Scene, username: string): Promise<void> {
  const store = await openStore({ url: server.store });
  const user = (await store.users.findByUsername(username)) ?? assert.fail('no user');
  const record = (await store.authenticators.find(user.id)) ?? assert.fail('no record');
  await store.authenticators.update({ ...record, passkeys: [], version: record.version + 1 });
  await store.close();
}
