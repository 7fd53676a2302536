/**
 * The pages in a real Chromium, under the headers they are served with: what a person can do with
 * them, wide and narrow, in light and dark.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { PageName } from '../../src/pages/page_data.ts';
import { pageSamples } from '../../src/pages/page_samples.ts';
import { openBrowserSite, phone } from './browser_site.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const wide = { width: 1280, height: 860 };

const { documents, received, publish, visit } = openBrowserSite();

/** What has a form send itself. */
const selfSending = / data-submit-at-once| data-passkey="offer"/;

/** Publishes every sample; those that send themselves without that, to be looked at. */
function publishAll(): string[] {
  return (Object.keys(pageSamples) as PageName[]).flatMap((page) =>
    Object.entries(pageSamples[page]).map(([state, data]) => {
      const path = publish(`/${page}/${state}`, page, data);
      documents.set(path, (documents.get(path) ?? '').replace(selfSending, ''));
      return path;
    }),
  );
}

/** Rules that an element of the page breaks, by axe's names. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations, passes }: Record<'violations' | 'passes', AxeResult[]> =
    await page.evaluate('axe.run()');
  assert.ok(passes.some(({ id }) => id === 'color-contrast'));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

type AxeResult = { id: string; nodes: { html: string }[] };

describe('Pages in a browser', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`No page violates an accessibility rule, ${colorScheme}`, async () => {
      const viewport = colorScheme === 'light' ? wide : phone;
      await visit(
        publishAll(),
        { colorScheme, viewport, reducedMotion: 'reduce' },
        async (page, path) => {
          assert.deepEqual(await violationsOf(page), [], path);
        },
      );
    });
  }

  test('Every control on a phone is at least 44 pixels high', async () => {
    await visit(publishAll(), { viewport: phone }, async (page, path) => {
      const small = await page
        .locator('button, input:not([type=hidden]):not([type=checkbox]), a, summary, label.scope')
        .evaluateAll((elements) =>
          elements
            // A field may be hidden: that of the link that made the first owner, once it has the link.
            .filter((element) => element.checkVisibility())
            .filter((element) => element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML),
        );
      assert.deepEqual(small, [], path);
    });
  });

  test('Endless words do not make a page wider than a screen of 320 pixels', async () => {
    const endless = 'W'.repeat(300);
    const client = { name: endless, host: `${endless}.example` };
    const scope = {
      name: 'x',
      title: endless,
      description: endless,
      required: false,
      checked: true,
    };
    const action = '/sent';
    const base = { action, hidden: {}, client };
    const paths = [
      publish('/long/1', 'sign_in', { ...base, username: endless, cancelAction: action }),
      publish('/long/2', 'consent', {
        ...base,
        user: { name: endless, username: `a${endless}` },
        groups: [{ title: endless, scopes: [scope, { ...scope, required: true }] }],
        cancelAction: action,
        switchAction: action,
      }),
      publish('/long/3', 'device_confirm', {
        ...base,
        userCode: 'WDJB-MJHT-WDJB-MJHT',
        device: { ip: endless, userAgent: endless },
      }),
      publish('/long/4', 'error', {
        title: endless,
        code: endless,
        description: endless,
        status: 400,
      }),
    ];
    await visit(paths, { viewport: { width: 320, height: 640 } }, async (page, path) => {
      const width = await page.evaluate('document.documentElement.scrollWidth');
      assert.equal(width, 320, path);
    });
  });

  test('A revealed password is still submitted as a password', async () => {
    const path = publish('/reveal', 'sign_in', { action: '/sent', hidden: { csrf: 'c' } });
    await visit([path], {}, async (page) => {
      const password = page.getByLabel('Password', { exact: true });
      const toggle = page.getByRole('button', { name: 'Show password' });
      await page.getByLabel('Username or email').fill('alice');
      await password.fill('correct horse');
      await toggle.click();
      assert.equal(await password.getAttribute('type'), 'text');
      assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
      await page.evaluate(`addEventListener('submit', (event) => {
        event.preventDefault();
        document.title = document.querySelector('#password').type;
      })`);
      await page.getByRole('button', { name: 'Sign in' }).click();
      assert.equal(await page.title(), 'password');
    });
  });

  test('A form that is submitted twice is sent once', async () => {
    const path = publish('/twice', 'sign_out', { action: '/sent', hidden: { csrf: 'twice' } });
    await visit([path], {}, async (page) => {
      const sent = await page.evaluate(`(() => {
        let sent = 0;
        addEventListener('submit', (event) => {
          if (!event.defaultPrevented) sent += 1;
          event.preventDefault();
        });
        const button = document.querySelector('button[name=logout]');
        button.click();
        button.click();
        return sent;
      })()`);
      assert.equal(sent, 1);
    });
  });

  test('A form_post response submits itself with its fields unchanged', async () => {
    const hidden = { code: 'c0de', state: `"><script>'&amp; ü`, submit: 'shadow' };
    const path = publish('/self', 'redirecting', { action: '/sent', hidden });
    received.length = 0;
    await visit([path], {}, async (page) => {
      await page.waitForURL('**/sent');
      assert.deepEqual(
        received.map((form) => Object.fromEntries(form)),
        [hidden],
      );
    });
  });
});
