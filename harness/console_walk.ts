/**
 * The first quarter of an hour of a new operator, in a real browser: makes an API, a service client and an API key, gets
 * a token with the shown command, finds with the inspector why a wrong one is refused, and stops it. The test of it and
 * the pictures of the documentation take the same way.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { Person } from './sign_in.ts';

const run = promisify(execFile);

const bookingsApi = 'https://bookings.example';
const clientId = 'nightly-report';

export type ConsoleWalk = {
  issuer: string;
  owner: Person;
  /** Another API of the server, by its name, which refuses the token. */
  otherApi: string;
  /** Called at each page that is worth a look. */
  look?: (name: WalkPage) => Promise<void>;
};

export type WalkPage =
  | 'home'
  | 'api'
  | 'client'
  | 'api_key'
  | 'refused'
  | 'revoke'
  | 'revoked'
  | 'dead';

/** Throws where a page is not what it should be, or the token does not live and die as the pages say. */
export async function walkConsole(
  page: Page,
  { issuer, owner, otherApi, look = async () => {} }: ConsoleWalk,
): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const type = (label: string | RegExp, text: string) =>
    page.getByLabel(label, { exact: true }).fill(text);
  const check = (name: string | RegExp) => page.getByRole('checkbox', { name }).check();
  const follow = (name: string | RegExp) =>
    page.getByRole('main').getByRole('link', { name }).first().click();
  const heading = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const go = async (section: string) => {
    // On a phone the sections are behind a button.
    const menu = page.locator('summary', { hasText: 'Menu' });
    if (await menu.isVisible()) await menu.click();
    const sections = page.getByRole('navigation', { name: 'Console' });
    await sections.getByRole('link', { name: section, exact: true }).click();
  };

  await page.goto(`${issuer}/console`);
  await type('Username or email', owner.username);
  await type('Password', owner.password);
  await press('Sign in');
  await page.waitForURL('**/console');
  await look('home');

  await go('APIs');
  await follow('Create an API');
  await type('Name required', 'Bookings');
  await type('Identifier required', bookingsApi);
  await type('Scope 1', 'bookings:read');
  await type('What consent says of it, scope 1', 'See your bookings');
  await press('Create API');
  await heading('Bookings is ready');
  await look('api');

  await go('Clients');
  await follow('Create a client');
  await follow(/^Service/);
  await type('Name required', 'Nightly report');
  await type('Client ID', clientId);
  await check(/^Bookings /);
  await check('bookings:read');
  await press('Create client');
  await heading('Nightly report is ready');
  await look('client');
  const secret = await page.locator('[data-secret]').innerText();
  const command = await page.locator('pre').first().innerText();
  const { stdout } = await run('sh', ['-c', command]);
  const { access_token: token = '' } = JSON.parse(stdout) as { access_token?: string };
  assert.match(token, /^ey/, stdout);

  await go('API keys');
  await follow('Create an API key');
  await type('Name required', 'Partner');
  await page.getByRole('radio', { name: /^Bookings / }).check();
  await check('bookings:read');
  const user = page.getByLabel('User', { exact: true });
  const offer = page.locator(`#${await user.getAttribute('list')} option`, {
    hasText: owner.username,
  });
  await user.fill((await offer.first().getAttribute('value')) ?? '');
  await press('Create API key');
  await heading('Partner is ready');
  await look('api_key');

  const inspect = async (api: string) => {
    await go('Inspector');
    await page.getByLabel('Token or key').fill(token);
    const apis = page.getByLabel('Would this API accept it?');
    const named = apis.locator('option', { hasText: api });
    await apis.selectOption(await named.getAttribute('value'));
    await press('Inspect');
  };
  await inspect('Bookings');
  await says('Bookings would accept it');
  await inspect(otherApi);
  await says(`${otherApi} would refuse it`);
  await says(/It is for https:\/\/bookings\.example/);
  await look('refused');
  assert.equal(await isActive(issuer, { token, secret }), true);

  await go('Revoke');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Client' });
  await type('Which one', clientId);
  await press('See what it hits');
  await type(/^To confirm/, clientId);
  await look('revoke');
  await press('Revoke');
  await says(/Dead at every verifier/);
  assert.equal(await isActive(issuer, { token, secret }), false);
  // The page loads itself again until then.
  await says(/Dead at every verifier .* since/);
  await look('revoked');

  await inspect('Bookings');
  await says('Bookings would refuse it');
  await says(/revoked/);
  await look('dead');
}

/** What the server says of a token to the client that it was issued to (RFC 7662). */
async function isActive(
  issuer: string,
  { token, secret }: { token: string; secret: string },
): Promise<unknown> {
  const response = await fetch(`${issuer}/introspect`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
    body: new URLSearchParams({ token }),
  });
  const { active } = (await response.json()) as { active?: boolean };
  return active;
}
