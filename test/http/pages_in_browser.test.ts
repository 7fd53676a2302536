/**
 * The pages in a real Chromium, under the headers they are served with: what a person can do with
 * them, with and without scripts, wide and narrow, in light and dark.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { PageData, PageName } from '../../src/http/page_data.ts';
import { pageSamples } from '../../src/http/page_samples.ts';
import { launchBrowser } from '../support/browser.ts';
import { pagesWith } from '../support/pages.ts';

const { views, assets } = pagesWith();
const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';base-uri 'none';frame-ancestors 'none'";
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Documents by path, and the forms that came in. */
const documents = new Map<string, string>();
const received: URLSearchParams[] = [];

const server = createServer((request, response) => {
  const path = request.url ?? '';
  if (request.method === 'POST') {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push(new URLSearchParams(body));
      response.end('received');
    });
    return;
  }
  const html = documents.get(path);
  const asset = assets.files.get(path);
  response.statusCode = html || asset ? 200 : 404;
  response.setHeader('Content-Type', asset?.type ?? 'text/html; charset=utf-8');
  response.setHeader('Content-Security-Policy', asset?.contentSecurityPolicy ?? policy);
  response.end(html ?? asset?.body);
});

let browser: Browser;
let origin: string;

before(async () => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  origin = `http://127.0.0.1:${address.port}`;
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  server.close();
});

function publish<P extends PageName>(path: string, page: P, data: PageData[P]): string {
  documents.set(path, views.render(page, data, { locale: 'en', requestId: 'request-1' }));
  return path;
}

/** Publishes every sample; `redirecting` without its self-sending, to be looked at. */
function publishAll(): string[] {
  return (Object.keys(pageSamples) as PageName[]).flatMap((page) =>
    Object.entries(pageSamples[page]).map(([state, data]) => {
      const path = publish(`/${page}/${state}`, page, data);
      documents.set(path, (documents.get(path) ?? '').replace(' data-submit-at-once', ''));
      return path;
    }),
  );
}

/** Opens a page, does the work, and fails for anything that the browser complained about. */
async function visit(
  paths: string[],
  options: BrowserContextOptions,
  work: (page: Page, path: string) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) complaints.push(`foreign: ${request.url()}`);
    });
    for (const path of paths) {
      await page.goto(origin + path);
      await work(page, path);
      assert.deepEqual(complaints, [], path);
    }
  } finally {
    await context.close();
  }
}

const wide = { width: 1280, height: 860 };
const phone = { width: 375, height: 812 };

/** Rules that an element of the page breaks, by axe's names. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations, passes }: Record<'violations' | 'passes', AxeResult[]> =
    await page.evaluate('axe.run()');
  assert.ok(passes.some(({ id }) => id === 'color-contrast'));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

type AxeResult = { id: string; nodes: { html: string }[] };

describe('pages in a browser', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no page breaks a rule of accessibility, ${colorScheme}`, async () => {
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

  test('on a phone, everything to touch is 44 pixels high', async () => {
    await visit(publishAll(), { viewport: phone }, async (page, path) => {
      const small = await page
        .locator(
          'button:visible, input:not([type=hidden]):not([type=checkbox]), a, summary, label.scope',
        )
        .evaluateAll((elements) =>
          elements
            .filter((element) => element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML),
        );
      assert.deepEqual(small, [], path);
    });
  });

  test('at 320 pixels, even endless words do not make a page wider than the screen', async () => {
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

  test('the password can be looked at, and goes out as a password', async () => {
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

  test('a form that is sent twice goes out once', async () => {
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

  test('a response by form posts itself, with the fields as they are', async () => {
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

describe('pages without scripts', () => {
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

  test('sign-in posts by the keyboard alone, the first empty field has the focus', async () => {
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

  test('cancelling sends no password', async () => {
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

  test('consent sends the chosen optional scopes, refusing sends none', async () => {
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

  test('a device is confirmed or refused by the button', async () => {
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

  test('signing out or staying is told by the button', async () => {
    const path = publish('/logout', 'sign_out', { action: '/sent', hidden: { xsrf: 'x' } });
    const press = (name: string) =>
      fieldsAfter(path, (page) => page.getByRole('button', { name }).click());
    assert.equal(await press('Sign out'), 'xsrf=x&logout=yes');
    assert.equal(await press('Stay signed in'), 'xsrf=x');
  });

  test('a response by form has a button', async () => {
    const data = { action: '/sent', hidden: { code: 'c0de' } };
    const posted = await fieldsAfter(publish('/form', 'redirecting', data), (page) =>
      page.getByRole('button', { name: 'Continue' }).click(),
    );
    assert.equal(posted, 'code=c0de');
  });
});
