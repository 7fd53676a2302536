/**
 * The console in a real Chromium: what an operator does there, with the keyboard and the mouse, wide and narrow. One
 * server for all.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { until } from '../support/site.ts';
import { onSqlite } from '../support/stores.ts';
import { alice, bob, declaration, ordersApi } from './scene.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const run = promisify(execFile);

const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };
/** What a browser says of any page that is no success: not a mistake of the page. */
const statusNotice = /Failed to load resource: the server responded with a status of 4\d\d/;

const staff = {
  ...{ id: 'staff', name: 'Staff', issuer: 'https://login.staff.example', client_id: 'cardea' },
  mapping: { roles: { claim: 'realm_access.roles', values: { 'shop-admin': 'admin' } } },
};

type AxeResult = { id: string; nodes: { html: string }[] };

onSqlite((stores) => {
  describe('The console in a browser', () => {
    let server: TestServer;
    let browser: Browser;
    before(async () => {
      server = await startTestServer({
        store: await stores.freshUrl(),
        declaration: { ...declaration, identity_providers: [staff] },
      });
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.close();
    });

    /** Somebody at the console; fails for anything that the browser complains about. */
    async function visit(
      options: BrowserContextOptions & { person?: typeof alice },
      work: (page: Page, open: (path: string) => Promise<void>) => Promise<void>,
    ): Promise<void> {
      const { person = alice, ...context } = options;
      await using visitor = await browser.newContext({ viewport: wide, ...context });
      const page = await visitor.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (!statusNotice.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(server.issuer)) complaints.push(`foreign: ${request.url()}`);
      });
      const open = async (path: string) =>
        void (await page.goto(`${server.issuer}/console${path}`));
      await open('');
      await page.getByLabel('Username or email').fill(person.username);
      await page.getByLabel('Password', { exact: true }).fill(person.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL('**/console');
      await work(page, open);
      assert.deepEqual(complaints, []);
    }

    const orders = `/apis/${encodeURIComponent(ordersApi)}`;
    const press = (page: Page, name: string | RegExp) =>
      page.getByRole('button', { name, exact: true }).click();
    const follow = (page: Page, name: string) =>
      page.getByRole('link', { name, exact: true }).first().click();

    test('An owner makes a service client and gets a token with the shown command', async () => {
      await visit({}, async (page) => {
        await follow(page, 'Clients');
        await follow(page, 'Create a client');
        await page.getByRole('link', { name: /^Service/ }).click();
        await page.getByLabel(/^Name/).fill('Nightly job');
        await page.getByRole('checkbox', { name: /^Orders / }).check();
        await page.getByRole('checkbox', { name: 'orders:read' }).check();
        await press(page, 'Create client');
        await page.getByRole('heading', { name: 'Nightly job is ready' }).waitFor();
        const command = await page.locator('pre').first().innerText();
        const { stdout } = await run('sh', ['-c', command]);
        const answer = JSON.parse(stdout) as Record<string, unknown>;
        assert.equal(answer.token_type, 'Bearer');
        assert.equal(answer.scope, 'orders:read');

        // Sent again, the form creates nothing, and shows the same once more.
        const secret = await page.locator('[data-secret]').innerText();
        await page.reload();
        assert.equal(await page.locator('[data-secret]').innerText(), secret);
        await follow(page, 'Clients');
        assert.equal(await page.getByRole('link', { name: 'Nightly job' }).count(), 1);
      });
    });

    test('What an operation finds wrong stands by its field, and what was typed stays', async () => {
      await visit({}, async (page, open) => {
        await open('/new-client/web');
        await page.getByLabel(/^Name/).fill('Broken <script>alert(1)</script>');
        await page.getByLabel('Redirect URIs', { exact: true }).fill('https://a.example/\nnowhere');
        await page.getByRole('radio', { name: /Do not ask/ }).check();
        await press(page, 'Create client');
        const field = page.getByLabel('Redirect URIs', { exact: true });
        assert.equal(await field.getAttribute('aria-invalid'), 'true');
        const described = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
        const texts = await Promise.all(described.map((id) => page.locator(`#${id}`).innerText()));
        assert.match(texts.join(' '), /Line 2 /);
        assert.equal(await field.inputValue(), 'https://a.example/\nnowhere');
        assert.equal(
          await page.getByLabel(/^Name/).inputValue(),
          'Broken <script>alert(1)</script>',
        );
        assert.ok(await page.getByRole('radio', { name: /Do not ask/ }).isChecked());
        assert.equal(await page.evaluate('document.activeElement.className'), 'flash flash-bad');
      });
    });

    test('Of two tabs the later one is told, keeps what it typed, and can still save it', async () => {
      await visit({}, async (page, open) => {
        await make(page, open, { id: 'tabs', name: 'Two tabs' });
        const other = await page.context().newPage();
        const edit = `${server.issuer}/console/clients/tabs/edit`;
        await page.goto(edit);
        await other.goto(edit);
        await other.getByLabel(/^Name/).fill('From the other tab');
        await press(other, 'Save changes');
        await other.getByText('From the other tab is saved.').waitFor();

        await page.getByLabel(/^Name/).fill('From this tab');
        await press(page, 'Save changes');
        await page.getByText('Somebody else changed this').waitFor();
        assert.equal(await page.getByLabel(/^Name/).inputValue(), 'From this tab');
        const stored = await page.locator('.stored').allInnerTexts();
        assert.deepEqual(stored, ['Stored now: From the other tab']);
        await press(page, 'Save changes');
        await page.getByText('From this tab is saved.').waitFor();
        await page.reload();
        assert.equal(await page.getByText('From this tab is saved.').count(), 0);
      });
    });

    test('A client is disabled and enabled, gets a second secret, and is deleted by typing its id', async () => {
      await visit({}, async (page, open) => {
        await make(page, open, { id: 'whole-life', name: 'Whole life' });
        await open('/clients/whole-life');
        await follow(page, 'Disable');
        await page.getByText('Jobs and services that use it get no more tokens.').waitFor();
        await press(page, 'Disable client');
        await page.getByText('Whole life is disabled').waitFor();
        await follow(page, 'Enable');
        await press(page, 'Enable client');
        await page.getByText('Whole life is enabled.').waitFor();

        await follow(page, 'New secret');
        await page.getByLabel('Overlap in seconds').fill('much');
        await press(page, 'Create the new secret');
        await page.getByText(/^It must be/).waitFor();
        await page.getByLabel('Overlap in seconds').fill('60');
        await press(page, 'Create the new secret');
        const secret = await page.locator('[data-secret]').innerText();
        assert.match(secret, /^[\w-]{43}$/);
        await follow(page, 'Go to the client');
        await page.getByRole('cell', { name: 'Ending', exact: true }).waitFor();
        assert.doesNotMatch(await page.content(), new RegExp(secret));

        await follow(page, 'Delete');
        await press(page, 'Delete client');
        assert.match(page.url(), /\/delete$/);
        await page.getByLabel(/^To confirm/).fill('whole-lif');
        await press(page, 'Delete client');
        await page.getByText('This is not the same. Nothing was done.').waitFor();
        await page.getByLabel(/^To confirm/).fill('whole-life');
        await press(page, 'Delete client');
        await page.getByText('Whole life is deleted').waitFor();
        await open('/clients/whole-life');
        await page.getByRole('heading', { name: 'Not found' }).waitFor();
      });
    });

    test('The palette opens with the keyboard, finds a page, an action and a client, and closes', async () => {
      await visit({}, async (page) => {
        const dialog = page.getByRole('dialog');
        const search = page.getByRole('combobox');
        await page.keyboard.press('Control+k');
        await search.fill('create');
        await dialog.getByRole('option', { name: /Create a client/ }).waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        await page.keyboard.press('Control+k');
        await search.fill('shop');
        await dialog.getByRole('option', { name: /Shop/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/console/clients/shop');
        await page.getByRole('heading', { name: 'Shop' }).waitFor();

        await page.keyboard.press('Control+k');
        await search.fill('disable sh');
        await dialog.getByRole('option', { name: /Disable Shop/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Disable Shop?' }).waitFor();
      });
    });

    test('A token or key that is pasted into the palette is in no address, and comes to the inspector', async () => {
      await visit({}, async (page) => {
        const addresses: string[] = [];
        page.on('request', (request) => addresses.push(request.url()));
        const token = `eyJhbGciOiJSUzI1NiJ9.${'eyJzdWIiOiJhIn0'.repeat(30)}.c2ln`;
        await page.keyboard.press('Control+k');
        await page.evaluate(`
          const data = new DataTransfer();
          data.setData('text', ${JSON.stringify(token)});
          document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: data, cancelable: true, bubbles: true }));`);
        const option = page.getByRole('option', { name: /Inspect this token or key/ });
        await option.waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/console/inspect');
        assert.equal(await page.locator('[name=token]').inputValue(), token);

        // Typed, it is not looked for either.
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog').getByRole('combobox').fill('acme_live_0123456789abcdefghij');
        await option.waitFor();
        await page.keyboard.press('Escape');
        assert.ok(addresses.every((url) => !url.includes('eyJ') && !url.includes('acme_live')));
      });
    });

    test('On a phone filters are folded, and what is chosen is taken away by a touch', async () => {
      await visit({ viewport: phone }, async (page, open) => {
        await open('/audit?type=user.created&target_kind=user&target_id=nobody');
        const type = page.getByLabel('Type');
        assert.equal(await type.isVisible(), false);
        await page.locator('.filter-fold summary').click();
        assert.ok(await type.isVisible());
        assert.deepEqual(await violationsOf(page), []);
        // Of a target there is nothing without both.
        await page.getByRole('link', { name: /Remove the filter Target ID/ }).click();
        assert.ok(page.url().endsWith('/console/audit?type=user.created'));
        const [chip] = await page.locator('.filter-chip').all();
        assert.ok(Number((await chip?.boundingBox())?.height) >= 44);
        await page.getByRole('link', { name: /Remove the filter Type/ }).click();
        await page.waitForURL('**/console/audit');
      });
    });

    test('The palette leads to an API, from whose page a service is made that gets a token for it', async () => {
      await visit({}, async (page, open) => {
        await open('');
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox').fill('orders');
        await page.getByRole('option', { name: /Orders.*API$/ }).waitFor();
        await page.keyboard.press('Enter');
        await page.waitForURL(`**/console${orders}`);
        await follow(page, 'Code');
        await follow(page, 'Create a service client for this API');
        assert.ok(await page.getByRole('checkbox', { name: /^Orders / }).isChecked());
        await page.getByLabel(/^Name/).fill('From the API');
        await page.getByRole('checkbox', { name: 'orders:read' }).check();
        await press(page, 'Create client');
        const command = await page.locator('pre').first().innerText();
        const { stdout } = await run('sh', ['-c', command]);
        assert.equal(JSON.parse(stdout).scope, 'orders:read');
      });
    });

    test('Scopes of an API that was not chosen are out of sight, and there is always room for one more scope', async () => {
      await visit({}, async (page, open) => {
        await open('/new-client/web');
        const scope = page.getByRole('checkbox', { name: 'orders:read' });
        assert.equal(await scope.isVisible(), false);
        await page.getByRole('checkbox', { name: /^Orders / }).check();
        await scope.check();
        await page.getByRole('checkbox', { name: /^Orders / }).uncheck();
        assert.ok(await scope.isVisible(), 'what is ticked stays in sight');

        await open('/new-api');
        const rows = page.locator('.scope-row');
        assert.equal(await rows.count(), 1);
        for (const place of [1, 2, 3]) {
          await page.getByLabel(`Scope ${place}`, { exact: true }).fill(`scope:${place}`);
          assert.equal(await rows.count(), place + 1);
        }
      });
    });

    test('Leaving a form with typed text asks first', async () => {
      await visit({}, async (page, open) => {
        await open('/new-client/service');
        await page.getByLabel(/^Name/).fill('Almost');
        let asked = 0;
        page.on('dialog', (dialog) => {
          asked += 1;
          void dialog.dismiss();
        });
        await follow(page, 'Cancel');
        await page.waitForTimeout(0);
        assert.equal(asked, 1);
        assert.equal(await page.getByLabel(/^Name/).inputValue(), 'Almost');
      });
    });

    test('Without scripts a client is made all the same', async () => {
      await visit({ javaScriptEnabled: false }, async (page, open) => {
        await make(page, open, { id: 'scriptless', name: 'Without scripts' });
        await open('/clients/scriptless');
        await page.getByRole('heading', { name: 'Without scripts' }).waitFor();
        await page.getByRole('searchbox').fill('clients');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/console/search?q=clients');
        await page
          .getByRole('main')
          .getByRole('link', { name: /^Clients/ })
          .click();
        await page.waitForURL('**/console/clients');
      });
    });

    test('A name that is markup is shown as it is, everywhere', async () => {
      await visit({}, async (page, open) => {
        const name = '"><img src=x onerror=alert(1)>';
        await make(page, open, { id: `x'"<b>&`, name });
        await follow(page, 'Go to the client');
        assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), name);
        for (const path of ['/clients', '/search?q=x%27%22%3Cb%3E%26']) {
          await open(path);
          assert.equal(await page.locator('img[src=x]').count(), 0);
          await page.getByText(name).first().waitFor();
        }
        await page.getByRole('main').getByRole('link').first().click();
        for (const action of ['Edit', 'Code', 'Disable', 'Delete']) {
          await open(`/clients/${encodeURIComponent(`x'"<b>&`)}`);
          await follow(page, action);
          assert.equal(await page.locator('img[src=x]').count(), 0);
          assert.ok((await page.title()).includes(name));
        }
      });
    });

    const drawing = {
      ...{ name: 'logo.svg', mimeType: 'image/svg+xml' },
      buffer: Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 0h90v30z"/></svg>',
      ),
    };

    test('The look is shown in both schemes while it is typed, and saved for everybody', async () => {
      await visit({}, async (page, open) => {
        await open('/look');
        const frames = page.locator('.preview iframe');
        await page.getByLabel('Name', { exact: true }).fill('Acme <i>& Co</i>');
        await page.getByLabel('Accent', { exact: true }).fill('#f5c400');
        const inFrame = (index: number) => frames.nth(index).contentFrame();
        // What is typed may come in two previews: a frame is loaded anew with each.
        const hasColour = (index: number, selector: string, colour: string) =>
          until(async () => {
            const frame = await (await frames.nth(index).elementHandle())?.contentFrame();
            const found = `document.querySelector('${selector}')`;
            const look = `${found} && getComputedStyle(${found}).backgroundColor === '${colour}'`;
            return (await frame?.evaluate(look).catch(() => false)) === true;
          });
        for (const [index, card] of ['rgb(255, 255, 255)', 'rgb(23, 25, 30)'].entries()) {
          await inFrame(index).getByText('Acme <i>& Co</i>').waitFor();
          await hasColour(index, '.card', card);
          await hasColour(index, '.button-primary', 'rgb(245, 196, 0)');
        }
        await page.getByText(/it hardly stands out from the page/).waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'field-accent');
        await page.getByLabel('Accent', { exact: true }).fill('#f5c4');
        await page.getByText('It must be a colour').waitFor();
        await page.getByLabel('Accent', { exact: true }).fill('#aa3300');
        await page.getByLabel('Logo').setInputFiles(drawing);
        await inFrame(0).locator('.brand-words').waitFor();
        await press(page, 'Save the look');
        await page.getByText('The look is saved.').waitFor();
        assert.ok((await page.title()).endsWith('Acme <i>& Co</i> console'));
        await follow(page, 'Reset');
        await press(page, 'Reset the look');
        await page.getByText('The look is as').waitFor();
      });
    });

    test('Without scripts a button shows the look, and a chosen logo need not be chosen again', async () => {
      await visit({ javaScriptEnabled: false }, async (page, open) => {
        await open('/look');
        await page.getByLabel('Name', { exact: true }).fill('Scriptless');
        await page.getByLabel('Logo').setInputFiles(drawing);
        await press(page, 'Preview');
        const [frame] = await page.locator('.preview iframe').all();
        assert.match((await frame?.getAttribute('srcdoc')) ?? '', /alt="Scriptless"/);
        assert.ok((await page.title()).endsWith('Cardea console'));
        await press(page, 'Save the look');
        await page.getByText('Now: SVG, 1 KiB').waitFor();
        await follow(page, 'Reset');
        await press(page, 'Reset the look');
      });
    });

    for (const [colorScheme, viewport] of [
      ['light', wide],
      ['dark', phone],
    ] as const) {
      test(`No page violates an accessibility rule or is wider than the screen, ${colorScheme}`, async () => {
        const options = { colorScheme, viewport, reducedMotion: 'reduce' } as const;
        await visit(options, async (page, open) => {
          const check = async (place: string) => {
            assert.deepEqual(await violationsOf(page), [], place);
            const width = await page.evaluate('document.documentElement.scrollWidth');
            assert.ok(Number(width) <= viewport.width, `${place} is ${width} wide`);
          };
          // What is created first: later it would ask for another sign-in.
          await open('/new-client/web');
          await press(page, 'Create client');
          await check('a form with errors');
          await open('/new-api');
          await page.getByText('More settings').click();
          await page.getByLabel('What consent says of it, scope 1').fill('See them');
          await press(page, 'Create API');
          await page.getByText('It has a description without a scope.').waitFor();
          await check('a form of an API with errors');
          await make(page, open, { id: `axe-${colorScheme}`, name: 'For axe' });
          await check('a secret');
          await open('/operators');
          await page.locator('.row-link').first().click();
          await check('an operator');
          await open('/new-webhook');
          await page.locator('.option-group summary').first().click();
          await check('events to choose from');
          await page.getByLabel('URL').fill('https://receiver.example/hook');
          await press(page, 'Create webhook');
          await check('the secret of a webhook');
          await page
            .getByRole('main')
            .getByRole('link', { name: /^Go to/ })
            .click();
          await check('a webhook');
          await page.keyboard.press('Control+k');
          await check('the palette');
          for (const path of [
            ...['', '/clients', '/new-client', '/new-client/web', '/new-client/service'],
            ...['/clients/shop', '/clients/cardea-console', '/clients/shop/code'],
            ...['/clients/shop/edit', '/clients/shop/delete', '/clients/shop/disable'],
            ...['/revoke', '/revoke/confirm', '/revoke/confirm?kind=user&name=bob'],
            ...['/signing-keys', '/signing-keys/rotate', '/token-preview'],
            ...['/token-preview?client=shop&user=bob&scopes=openid'],
            ...['/inspect', '/inspect/requests', '/which-credential'],
            ...['/refusals', '/refusals?client_id=nobody', '/audit', '/audit?from=yesterday'],
            ...['/users', '/new-user', '/users/bob', '/users/dave/edit', '/users/alice/delete'],
            ...['/users/bob/password', '/api-keys', '/new-api-key', '/projects', '/new-project'],
            ...['/groups', '/new-group', '/webhooks', '/new-webhook', '/operators'],
            ...['/tiers', '/new-tier', '/identity-providers', '/identity-providers/staff'],
            ...['/identity-providers/staff/test', '/identity-providers/staff/try-claims'],
            ...['/new-operator', '/look', '/look/reset', '/apis', '/new-api', orders],
            ...[`${orders}/code`, `${orders}/edit`, `${orders}/disable`, `${orders}/delete`],
            ...[`${orders}/new-client`, '/mails', '/mails/mail_none'],
            ...['/search?q=shop', '/search?q=nothing', '/clients/nobody'],
          ]) {
            await open(path);
            await check(path);
          }
        });
      });
    }

    test('A person without a role is told who can give one', async () => {
      await visit({ person: bob }, async (page) => {
        await page.getByRole('heading', { name: 'You have no role here' }).waitFor();
        assert.deepEqual(await violationsOf(page), []);
        await page.locator('summary').click();
        await press(page, 'Sign out');
        await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
        assert.deepEqual(await violationsOf(page), []);
      });
    });

    async function make(
      page: Page,
      open: (path: string) => Promise<void>,
      { id, name }: { id: string; name: string },
    ): Promise<void> {
      await open('/new-client/service');
      await page.getByLabel(/^Name/).fill(name);
      await page.getByLabel('Client ID').fill(id);
      await page.getByRole('checkbox', { name: /^Orders / }).check();
      await page.getByRole('checkbox', { name: 'orders:read' }).check();
      await press(page, 'Create client');
      await page.getByRole('heading', { name: `${name} is ready` }).waitFor();
    }
  });
});

/** Rules that an element of the page breaks, by axe's names. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations }: { violations: AxeResult[] } = await page.evaluate('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
