/**
 * The configuration that the suite gets for its scripted browser, walked by a real one: what it names is on
 * our pages, and leads on.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { suiteUrl } from '../../scripts/conformance/setup.ts';
import { suiteConfigurations } from '../../scripts/conformance/suite.ts';
import { createSuiteClient } from './client.ts';
import { conformance } from './issuer.ts';

type Command = readonly (string | number)[];
type Task = { match: string; optional?: boolean; commands: Command[] };
type Visit = { match: string; tasks: Task[] };

const matches = (pattern: string, url: string) => {
  const parts = pattern.split('*').map((part) => part.replace(/[.?+^$()[\]{}|\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(url);
};

/** One command, as the suite's browser understands it. */
async function perform(page: Page, [command, kind, target, text, option]: Command): Promise<void> {
  const element = page.locator(kind === 'name' ? `[name=${target}]` : String(target));
  if (command === 'text') {
    if (option === 'optional' && (await element.count()) === 0) return;
    await element.fill(String(text));
  } else if (command === 'click') {
    const from = page.url();
    await element.click();
    await page.waitForURL((url) => url.href !== from);
  } else if (kind !== 'id') {
    // The suite's own page at the redirect URI is not there: what to wait for by id is its mark.
    await element.first().waitFor({ state: 'attached' });
  }
}

async function visit(page: Page, url: string, browser: Visit[]): Promise<string> {
  const script = browser.find(({ match }) => matches(match, url));
  assert.ok(script, `a script for ${url}`);
  await page.goto(url);
  for (const { match, optional, commands } of script.tasks) {
    if (!matches(match, page.url())) {
      assert.ok(optional, `${page.url()} is not ${match}`);
      continue;
    }
    for (const command of commands) await perform(page, command);
  }
  return page.url();
}

conformance('scripted browser', (running) => {
  let chromium: Browser | undefined;
  before(async () => {
    chromium = await launchBrowser();
  });
  after(() => chromium?.close());

  const newPage = async () => {
    const context = await chromium?.newContext({ ignoreHTTPSErrors: true });
    assert.ok(context);
    return context.newPage();
  };
  const configuration = () => suiteConfigurations(running().setup).openid;
  /** For a module of its own, or for all that have none. */
  const scriptOf = (module?: string) => {
    const { browser, override } = configuration();
    const own = module && override[module];
    if (module) assert.ok(own, module);
    return ((own as { browser: object[] } | undefined)?.browser ?? browser) as Visit[];
  };
  const request = (parameters: Record<string, string> = {}) =>
    createSuiteClient(running()).authorizationUrl(parameters);
  const logout = (parameters: Record<string, string> = {}) =>
    `${running().setup.issuer}/logout?${new URLSearchParams(parameters)}`;

  test('A scripted browser signs in, consents, signs in again and signs out', async () => {
    const page = await newPage();
    const consenting = { scope: 'openid profile email address phone' };
    const first = await visit(page, request(consenting), scriptOf());
    assert.ok(new URL(first).searchParams.get('code'));
    const again = scriptOf('oidcc-prompt-login');
    const second = await visit(page, request({ ...consenting, prompt: 'login' }), again);
    assert.ok(new URL(second).searchParams.get('code'));

    const back = suiteUrl(running().setup, 'post_logout_redirect');
    const end = { client_id: 'one', post_logout_redirect_uri: back, state: 's' };
    assert.equal(await visit(page, logout(end), scriptOf()), `${back}?state=s`);
  });

  test('A scripted browser sees the closing page of a sign-out without a redirect', async () => {
    const page = await newPage();
    await visit(page, request(), scriptOf());
    const script = scriptOf('oidcc-rp-initiated-logout-no-params');
    assert.match(await visit(page, logout(), script), /\/logout\/success/);
  });

  test('A scripted browser refuses consent', async () => {
    const script = scriptOf('fapi2-security-profile-final-user-rejects-authentication');
    const url = new URL(await visit(await newPage(), request(), script));
    assert.equal(url.searchParams.get('error'), 'access_denied');
  });

  test('A scripted browser sees the error pages', async () => {
    const page = await newPage();
    const wrong = { redirect_uri: `${suiteUrl(running().setup, 'callback')}/other` };
    await visit(page, request(wrong), scriptOf('oidcc-ensure-registered-redirect-uri'));
    await visit(page, request(), scriptOf());
    const script = scriptOf('oidcc-rp-initiated-logout-bad-id-token-hint');
    await visit(page, logout({ id_token_hint: 'e30.e30.e30' }), script);
  });
});
