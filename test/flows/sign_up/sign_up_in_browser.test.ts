/** Registration in a real browser: what it computes, what people see and hear of that, and that it works without. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.ts';
import { pageTexts } from '../../../src/pages/texts.ts';
import { onSqlite } from '../../support/stores.ts';
import { password, signUpScene } from './scene.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
type AxeResult = { id: string; nodes: { html: string }[] };

onSqlite((stores) => {
  describe('Registration in a browser', () => {
    const scene = signUpScene(stores);
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
    });
    after(() => browser?.close());

    /** Fails for anything that the browser complains about. */
    const visit = async (options: BrowserContextOptions, walk: (page: Page) => Promise<void>) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        const isStatus = /responded with a status of 4\d\d/.test(message.text());
        if (message.type() === 'error' && !isStatus) complaints.push(message.text());
      });
      await walk(page);
      await context.close();
      assert.deepEqual(complaints, []);
    };

    const check = async (page: Page, title: string) => {
      await page
        .getByRole('heading', { name: title, exact: true })
        .waitFor()
        .catch(async () => assert.fail(await page.locator('body').innerText()));
      await page.evaluate(axe);
      const { violations }: { violations: AxeResult[] } = await page.evaluate('axe.run()');
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      assert.deepEqual(found, [], title);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.equal(width, page.viewportSize()?.width, title);
    };

    for (const [name, locale, options] of [
      ['wide, light', 'en', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
      ['narrow, dark', 'de', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
    ] as const) {
      test(`An account is made, and no page violates a rule of accessibility: ${name}, ${locale}`, async () => {
        const { server, mailbox } = scene();
        const t = pageTexts[locale];
        const email = `${locale}@mail.example`;
        await visit({ ...options, locale }, async (page) => {
          await page.goto(`${server.issuer}/sign-up`);
          await check(page, t.sign_up.title);
          const mail = await mailbox.nextProof(email);
          await page.getByLabel(t.sign_up.email).fill(email);
          const [request] = await Promise.all([
            page.waitForRequest((sent) => sent.method() === 'POST'),
            page.getByRole('button', { name: t.sign_up.submit }).click(),
          ]);
          const sent = new URLSearchParams(request.postData() ?? '');
          assert.match(sent.get('solution') ?? '', /^\d+(-\d+){15}$/);
          await check(page, t.sign_up_code.title);
          const { code } = await mail();
          await page.getByLabel(t.sign_up_code.code).fill('ZZZZ-ZZZZ');
          await page.getByRole('button', { name: t.sign_up_code.submit }).click();
          await page.locator('#problem').waitFor();
          await check(page, t.sign_up_code.title);
          await page.getByLabel(t.sign_up_code.code).fill(code);
          await page.getByRole('button', { name: t.sign_up_code.submit }).click();
          await check(page, t.sign_up_account.title);
          await page.getByLabel(t.sign_up_account.name).fill('Alice Adams');
          await page.getByLabel(t.sign_up_account.password, { exact: true }).fill(password);
          await page.getByRole('button', { name: t.sign_up_account.submit }).click();
          await check(page, t.sign_up_done.title);
        });
      });
    }

    test('While it computes, the page tells so, and can be used', async () => {
      const { server } = scene();
      await visit({ locale: 'en' }, async (page) => {
        // Harder than it will ever finish.
        await page.route('**/assets/sign_up.*', async (route) => {
          const response = await route.fetch();
          const body = (await response.text()).replace(/const bits = [^;]*;/, 'const bits = 32;');
          await route.fulfill({ response, body });
        });
        await page.goto(`${server.issuer}/sign-up`);
        await page.getByLabel(pageTexts.en.sign_up.email).fill('slow@mail.example');
        await page.getByRole('button', { name: pageTexts.en.sign_up.submit }).click();
        await page.getByRole('status').filter({ hasText: pageTexts.en.sign_up.working }).waitFor();
        await page.getByRole('progressbar').waitFor();
        await page.evaluate(axe);
        const { violations }: { violations: AxeResult[] } = await page.evaluate('axe.run()');
        // A button that was pressed is faded, on every page.
        const found = violations.map(({ id }) => id).filter((id) => id !== 'color-contrast');
        assert.deepEqual(found, []);
        await page.getByRole('link', { name: pageTexts.en.sign_up.sign_in }).click();
        await page.waitForURL(/\/interaction\//);
      });
    });

    test('Without JavaScript it works less often, and says so; with it, it goes on', async () => {
      const { server, mailbox } = scene();
      const t = pageTexts.en;
      const extraHTTPHeaders = { 'x-forwarded-for': '198.51.100.77' };
      const ask = async (page: Page, email: string) => {
        await page.goto(`${server.issuer}/sign-up`);
        await page.getByLabel(t.sign_up.email).fill(email);
        await page.getByRole('button', { name: t.sign_up.submit }).click();
      };
      const options = { locale: 'en', extraHTTPHeaders };
      await visit({ ...options, javaScriptEnabled: false }, async (page) => {
        for (let count = 0; count < 6; count += 1) {
          const mail = await mailbox.nextProof(`plain${count}@mail.example`);
          await ask(page, `plain${count}@mail.example`);
          await page.getByRole('heading', { name: t.sign_up_code.title }).waitFor();
          await mail();
        }
        await ask(page, 'plain@mail.example');
        await page.getByText('Turn on JavaScript').waitFor();
        assert.deepEqual(await mailbox.of('plain@mail.example'), []);
      });
      await visit(options, async (page) => {
        const mail = await mailbox.nextProof('plain@mail.example');
        await ask(page, 'plain@mail.example');
        await page.getByRole('heading', { name: t.sign_up_code.title }).waitFor();
        await mail();
      });
    });
  });
});
