/** The account pages in a real Chromium: by keyboard, without scripts, wide and narrow, in both languages. One server. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { onSqlite } from '../support/stores.ts';
import { createVisitor, erin, signInToShop, startAccountServer } from './scene.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What a browser says of any page that is no success: not a mistake of the page. */
const statusNotice = /Failed to load resource: the server responded with a status of 4\d\d/;

const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

type AxeResult = { id: string; nodes: { html: string }[] };

onSqlite((stores) => {
  describe('The account pages in a browser', () => {
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    let browser: Browser;
    before(async () => {
      site = await startAccountServer({ store: await stores.freshUrl() });
      const elsewhere = await createVisitor(site.server.issuer, erin);
      await signInToShop(site.server.issuer, elsewhere.agent, erin);
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    /** Somebody at their account; fails for anything that the browser complains about. */
    async function visit(
      options: BrowserContextOptions,
      work: (page: Page, open: (path: string) => Promise<void>) => Promise<void>,
      person = erin,
    ): Promise<void> {
      const { issuer } = site.server;
      await using visitor = await browser.newContext({ viewport: wide, ...options });
      const page = await visitor.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (!statusNotice.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(issuer)) complaints.push(`foreign: ${request.url()}`);
      });
      const open = async (path: string) => void (await page.goto(`${issuer}/account${path}`));
      await open('');
      await page.locator('#username').fill(person.username);
      await page.locator('#password').fill(person.password);
      await page.keyboard.press('Enter');
      await page.waitForURL('**/account');
      await work(page, open);
      assert.deepEqual(complaints, []);
    }

    for (const [name, options] of [
      ['wide, light, in English', { viewport: wide, colorScheme: 'light', locale: 'en-GB' }],
      ['narrow, dark, in German', { viewport: phone, colorScheme: 'dark', locale: 'de-DE' }],
    ] as const) {
      const checkOn = (page: Page) => async (path: string) => {
        await page.evaluate(axe);
        const { violations }: { violations: AxeResult[] } = await page.evaluate('axe.run()');
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
        assert.deepEqual(found, [], path);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(width, options.viewport.width, path);
        assert.equal(await page.locator('html').getAttribute('lang'), options.locale.slice(0, 2));
      };

      test(`Second factors violate no accessibility rule and fit the screen: ${name}`, async () => {
        const person = { username: options.locale, password: 'larches-and-lemons-4' };
        const { users, services } = site.beside;
        const user = await users.create(person);
        const authentication = await services.authentication();
        const work = async (page: Page, open: (path: string) => Promise<void>) => {
          const check = checkOn(page);
          await open('/ways/authenticator-app/new');
          await check('setting up an app');
          const typed = (await page.locator('.typed-secret').innerText()).replaceAll(' ', '');
          await page.locator('#code').fill('000000');
          await page.locator('.content button[type=submit]').click();
          await check('a wrong code');
          const code = new TOTP({ secret: Secret.fromBase32(typed) }).generate();
          await page.locator('#code').fill(code);
          await page.locator('.content button[type=submit]').click();
          await page.locator('.recovery-codes').waitFor();
          await check('recovery codes');
          const from = { userAgent: 'Mozilla/5.0 Firefox/140.0', ip: '203.0.113.7' };
          await authentication.trustedBrowsers.trust(user, from);
          await page.locator('.content a.button-primary').click();
          await check('all ways to sign in');
          await open('/ways/browsers');
          await check('trusted browsers');
          await open('/ways');
          await page.locator('.row-title a').click();
          await check('an app');
          const { url } = await (await services.lostFactors()).makeLink(user, {
            actor: 'operator',
          });
          await page.goto(url);
          // What stood behind the # is out of the address, and the field for it out of sight.
          assert.ok(!page.url().includes('#') && !(await page.locator('#link').isVisible()));
          await check('a link from an operator');
          await page.locator('#username').fill(person.username);
          await page.locator('#password').fill(person.password);
          await page.keyboard.press('Enter');
          await page.locator('.qr').waitFor();
          await check('a new app by that link');
        };
        await visit({ ...options, reducedMotion: 'reduce' }, work, person);
      });

      test(`No page violates an accessibility rule or is wider than the screen: ${name}`, async () => {
        await visit({ ...options, reducedMotion: 'reduce' }, async (page, open) => {
          const check = checkOn(page);
          const link = '?return_to=https://shop.example/settings&client_id=shop';
          for (const path of [
            ...[link, '/profile', '/ways', '/password', '/sessions', '/apps', '/apps/shop'],
            ...['/api-keys', '/activity', '/language', '/data', '/delete', '/sessions/none'],
          ]) {
            await open(path);
            await check(path);
          }
          await open('/api-keys/new');
          await page.locator('#name').fill('Backup');
          const submit = page.locator('.content button[type=submit]');
          await submit.click();
          await check('a form with mistakes');
          await page.locator('input[value="orders:read"]').check();
          await submit.click();
          await page.locator('[data-secret]').waitFor();
          await check('a key that is shown once');
          await page.locator('.content a.button-primary').click();
          await page.locator('.row a.button').first().click();
          await check('a key');
          await page.locator('.button-danger').click();
          await check('the question before a key is revoked');
        });
      });
    }

    test('Without scripts everything can be done', async () => {
      await visit({ javaScriptEnabled: false }, async (page, open) => {
        await open('/profile');
        await page.getByLabel('Nickname').fill('Ellie');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Your profile is saved.').waitFor();
        await open('/apps');
        await page.getByRole('link', { name: 'Details of Northwind Shop' }).click();
        await page.getByRole('button', { name: 'Remove access' }).click();
        await page.getByText(/Northwind Shop has lost access everywhere by .* UTC/).waitFor();
        await open('/sessions');
        await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
        await page.getByText(/You are signed out everywhere else by .* UTC/).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
      });
    });

    test('The keyboard alone is enough, and what has the focus is seen', async () => {
      await visit({}, async (page, open) => {
        await open('/language');
        await page.keyboard.press('Tab');
        const skip = page.getByRole('link', { name: 'Skip to content' });
        assert.ok((await skip.boundingBox())?.y === 8);
        await page.keyboard.press('Enter');
        for (let steps = 0; steps < 10; steps += 1) {
          await page.keyboard.press('Tab');
          const focused = await page.evaluate('document.activeElement.textContent.trim()');
          if (focused === 'Deutsch') break;
        }
        const outline = await page.evaluate(
          'getComputedStyle(document.activeElement).outlineStyle',
        );
        assert.equal(outline, 'solid');
        await page.keyboard.press('Enter');
        await page.getByText('Die Sprache ist gespeichert.').waitFor();
      });
    });

    test('Where scripts run, times are those of the browser, and a key is copied with one press', async () => {
      const options = {
        timezoneId: 'Asia/Tokyo',
        permissions: ['clipboard-read', 'clipboard-write'],
      };
      await visit(options, async (page, open) => {
        await open('/activity');
        const time = page.locator('time[data-time=moment]').first();
        const at = new Date((await time.getAttribute('datetime')) ?? '');
        const hour = String((at.getUTCHours() + 9) % 24).padStart(2, '0');
        assert.match(await time.innerText(), new RegExp(`${hour}:\\d\\d$`));
        await open('/api-keys/new');
        await page.locator('#name').fill('Copied');
        await page.locator('input[value="orders:read"]').check();
        await page.locator('.content button[type=submit]').click();
        await page.locator('[data-copy]').click();
        await page.getByText('Kopiert', { exact: true }).waitFor();
        const copied = await page.evaluate('navigator.clipboard.readText()');
        assert.equal(copied, await page.locator('[data-secret]').innerText());
      });
    });
  });
});
