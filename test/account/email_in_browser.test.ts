/** A mail address is changed and taken back by people with browsers, without scripts on the way of the links. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { onSqlite } from '../support/stores.ts';
import { declaration, erin, startAccountServer } from './scene.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const phone = { viewport: { width: 390, height: 844 } };

onSqlite((stores) => {
  describe('Changing the mail address in a browser', () => {
    let smtp: MailServer;
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    let browser: Browser;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), declaration: { ...declaration, mail } },
      });
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await site?.close();
      await smtp?.close();
    });

    const linkTo = async (address: string, page: 'confirm' | 'undo') => {
      for (;;) {
        const mails = smtp.received.filter(({ to }) => to.includes(address));
        for (const { text = '' } of await Promise.all(mails.map(readMail))) {
          const link = new RegExp(`\\S+/account/email/${page}\\?token=[\\w-]+`).exec(text)?.[0];
          if (link) return link;
        }
        await smtp.receives(smtp.received.length + 1);
      }
    };
    const mustBeAccessible = async (page: Page) => {
      await page.evaluate(axe);
      const { violations }: { violations: { id: string }[] } = await page.evaluate('axe.run()');
      assert.deepEqual(violations, [], page.url());
    };
    const headingIs = (page: Page, name: string) =>
      page.getByRole('heading', { level: 1, name }).waitFor();

    test('She asks at her account, confirms from the new mailbox, and takes it back from the old one', async () => {
      const { issuer } = site.server;
      await using hers = await browser.newContext(phone);
      const page = await hers.newPage();
      await page.goto(`${issuer}/account/`);
      await page.getByLabel('Username or email').fill(erin.username);
      await page.locator('#password').fill(erin.password);
      await page.keyboard.press('Enter');
      await headingIs(page, 'Hello, Erin Ellis');
      await page.goto(`${issuer}/account/profile`);
      await page.getByRole('link', { name: 'Change email address' }).click();
      await page.getByLabel('New email address').fill('erin.new@example.com');
      await mustBeAccessible(page);
      await page.keyboard.press('Enter');
      await headingIs(page, 'Confirm your new address');
      await mustBeAccessible(page);

      await using mailbox = await browser.newContext({ ...phone, javaScriptEnabled: false });
      const mail = await mailbox.newPage();
      await mail.goto(await linkTo('erin.new@example.com', 'confirm'));
      await headingIs(mail, 'Confirm your email address');
      await mail.getByRole('button', { name: 'Confirm' }).click();
      await headingIs(mail, 'Your address is confirmed');
      await page.goto(`${issuer}/account/profile`);
      await page.getByText('erin.new@example.com').waitFor();

      await mail.goto(await linkTo('erin@example.com', 'undo'));
      await mail.getByRole('button', { name: 'Take it back' }).click();
      await headingIs(mail, 'Your old address is back');
      await mail.getByRole('link', { name: 'Choose a new password' }).click();
      await mail.getByRole('button').first().waitFor();
      assert.equal(new URL(mail.url()).pathname, '/recovery');
      await page.goto(`${issuer}/account/profile`);
      await page.getByLabel('Username or email').waitFor();
      const { email } = (await site.beside.users.findByUsername('erin')) ?? {};
      assert.equal(email, 'erin@example.com');
    });
  });
});
