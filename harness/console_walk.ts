/**
 * The first quarter of an hour of a new operator, in a real browser: makes an API, a service client and an API key, gets
 * a token with the shown command, finds with the inspector why a wrong one is refused, and stops it. The test of it and
 * the pictures of the documentation take the same way.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { Person } from './sign_in.ts';

const run = promisify(execFile);

/** Made on the way. */
export const bookingsApi = 'https://bookings.example';

export type ConsoleWalk = {
  issuer: string;
  owner: Person;
  /** Another API of the server, by its name, which refuses the token. */
  otherApi: string;
  /** Called at each page that is worth a look. */
  look?: (name: WalkPage) => Promise<void>;
};

export type WalkPage =
  'home' | 'api' | 'client' | 'api_key' | 'refused' | 'revoke' | 'revoked' | 'dead';

export async function walkConsole(
  page: Page,
  { issuer, owner, otherApi, look = async () => {} }: ConsoleWalk,
): Promise<void> {
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const open = (path: string) => page.goto(`${issuer}/console${path}`);
  const go = async (section: string) => {
    // On a phone the sections are behind a button.
    const menu = page.locator('summary', { hasText: 'Menu' });
    if (await menu.isVisible()) await menu.click();
    await page
      .getByRole('navigation')
      .getByRole('link', { name: section, exact: true })
      .first()
      .click();
  };
  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor();

  await open('');
  await page.getByLabel('Username or email').fill(owner.username);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await press('Sign in');
  await page.waitForURL('**/console');
  await look('home');

  await go('APIs');
  await page.getByRole('link', { name: 'Create an API' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Bookings');
  await page.getByLabel('Identifier').fill(bookingsApi);
  await page.getByLabel('Scope', { exact: true }).first().fill('bookings:read');
  await page.getByLabel('What consent says of it').first().fill('See your bookings');
  await press('Create API');
  await heading('Bookings is ready');
  await look('api');

  await go('Clients');
  await page.getByRole('link', { name: 'Create a client' }).first().click();
  await page.getByRole('link', { name: /^Service/ }).click();
  await page.getByLabel('Name', { exact: true }).fill('Nightly report');
  await page.getByLabel('Client ID').fill('nightly-report');
  await page.getByLabel('APIs').fill(bookingsApi);
  await page.getByLabel('Scopes').fill('bookings:read');
  await press('Create client');
  await heading('Nightly report is ready');
  await look('client');
  const command = await page.locator('pre').first().innerText();
  const { stdout } = await run('sh', ['-c', command]);
  const { access_token: token = '' } = JSON.parse(stdout) as { access_token?: string };
  assert.match(token, /^ey/, stdout);

  await go('API keys');
  await page.getByRole('link', { name: 'Create an API key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Partner');
  await page.getByLabel('API', { exact: true }).fill(bookingsApi);
  await page.getByLabel('Scopes').fill('bookings:read');
  await page.getByLabel('User').fill(owner.username);
  await press('Create API key');
  await page.locator('[data-secret]').waitFor();
  await look('api_key');

  const inspect = async (api: string) => {
    await go('Inspector');
    await page.getByLabel('Token or key').fill(token);
    const option = page.getByLabel('Would this API accept it?').locator('option');
    const value = await option.filter({ hasText: api }).getAttribute('value');
    await page.getByLabel('Would this API accept it?').selectOption(value);
    await press('Inspect');
  };
  await inspect('Bookings');
  await page.getByText('Bookings would accept it').waitFor();
  await inspect(otherApi);
  await page.getByText(`${otherApi} would refuse it`).waitFor();
  await page.getByText(/It is for https:\/\/bookings\.example/).first().waitFor();
  await look('refused');

  await go('Revoke');
  await page.getByLabel('Client', { exact: true }).check();
  await page.getByLabel('Which one').fill('nightly-report');
  await press('See what it hits');
  await page.getByLabel(/^To confirm/).fill('nightly-report');
  await look('revoke');
  await press('Revoke');
  await page.getByText(/^Dead at every verifier/).waitFor();
  await look('revoked');
  while (!(await page.getByText(/since \d\d:\d\d:\d\d/).last().isVisible())) await sleep(100);

  await inspect('Bookings');
  await page.getByText('Bookings would refuse it').waitFor();
  await page.getByText(/revoked/).first().waitFor();
  await look('dead');
}
