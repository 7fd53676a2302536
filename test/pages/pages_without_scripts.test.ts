/** The pages in a real Chromium that runs no scripts: everything still goes where it should. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { pageSamples } from '../../src/pages/page_samples.ts';
import { openBrowserSite, phone } from './browser_site.ts';

const { received, publish, visit } = openBrowserSite();

describe('Pages without scripts', () => {
  const scriptless = { javaScriptEnabled: false, viewport: phone };

  async function fieldsAfter(path: string, fill: (page: Page) => Promise<void>): Promise<string> {
    received.length = 0;
    await visit([path], scriptless, async (page) => {
      await fill(page);
      await page.waitForURL('**/sent');
    });
    assert.equal(received.length, 1);
    return String(received[0]);
  }

  test('The sign-in page works by keyboard alone and focuses the first empty field', async () => {
    const data = {
      action: '/sent',
      hidden: { csrf: 'c' },
      username: 'alice',
      cancelAction: '/sent',
    };
    const posted = await fieldsAfter(publish('/keys', 'sign_in', data), async (page) => {
      assert.equal(await page.locator('button[data-reveal]').isVisible(), false);
      await page.keyboard.type('correct horse');
      await page.keyboard.press('Enter');
    });
    assert.equal(posted, 'csrf=c&username=alice&password=correct+horse');
  });

  test('Cancelling the sign-in sends no password', async () => {
    const data = {
      action: '/wrong',
      hidden: { csrf: 'c' },
      username: 'alice',
      cancelAction: '/sent',
    };
    const posted = await fieldsAfter(publish('/cancel', 'sign_in', data), async (page) => {
      await page.keyboard.type('correct horse');
      await page.getByRole('button', { name: 'Cancel' }).click();
    });
    assert.equal(posted, 'csrf=c');
  });

  test('Consent sends the chosen optional scopes, and refusing sends none', async () => {
    const [sample] = Object.values(pageSamples.consent);
    assert.ok(sample);
    const allow = publish('/allow', 'consent', { ...sample, action: '/sent', cancelAction: '/no' });
    const posted = await fieldsAfter(allow, async (page) => {
      await page.getByLabel('Change your orders').check();
      await page.getByLabel('See your email address').uncheck();
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
    });
    assert.equal(posted, 'csrf=sample&scope=orders%3Awrite');

    const deny = publish('/deny', 'consent', { ...sample, action: '/no', cancelAction: '/sent' });
    const refused = await fieldsAfter(deny, async (page) => {
      await page.getByRole('button', { name: 'Don’t allow' }).click();
    });
    assert.equal(refused, 'csrf=sample');
  });

  test('A device is confirmed or refused by its own button', async () => {
    const hidden = { xsrf: 'x', user_code: 'WDJB-MJHT', confirm: 'yes' };
    const data = {
      action: '/sent',
      hidden,
      client: { name: 'TV' },
      userCode: 'WDJB-MJHT',
      device: {},
    };
    const path = publish('/device', 'device_confirm', data);
    const press = (name: RegExp) =>
      fieldsAfter(path, (page) => page.getByRole('button', { name }).click());
    assert.equal(await press(/^Yes/), 'xsrf=x&user_code=WDJB-MJHT&confirm=yes');
    assert.equal(await press(/^No/), 'xsrf=x&user_code=WDJB-MJHT&confirm=yes&abort=yes');
  });

  test('The pressed button decides between signing out and staying', async () => {
    const path = publish('/logout', 'sign_out', { action: '/sent', hidden: { xsrf: 'x' } });
    const press = (name: string) =>
      fieldsAfter(path, (page) => page.getByRole('button', { name }).click());
    assert.equal(await press('Sign out'), 'xsrf=x&logout=yes');
    assert.equal(await press('Stay signed in'), 'xsrf=x');
  });

  test('A form_post response has a button', async () => {
    const data = { action: '/sent', hidden: { code: 'c0de' } };
    const posted = await fieldsAfter(publish('/form', 'redirecting', data), (page) =>
      page.getByRole('button', { name: 'Continue' }).click(),
    );
    assert.equal(posted, 'code=c0de');
  });
});
