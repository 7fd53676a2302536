/** A person who does what each page asks, whatever the page, until nothing more is asked. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { alice } from '../../../../harness/sign_in.ts';
import { pageTexts } from '../../../../src/pages/texts.ts';
import type { Device } from '../walks.ts';

const t = pageTexts.en;
const longestWalk = 12;
const patienceMs = 10_000;

export type Errand = {
  /** Where the app is. */
  appOrigin: string;
  /** Asks the device for a code, as a person does whose last one is of no use any more. */
  newDevice(): Promise<Device>;
};

/** What a page offers. `way_on`: it explains, and links to where the person begins again. */
export type Place =
  | 'app'
  | 'sign_in'
  | 'consent'
  | 'device_code'
  | 'device_confirm'
  | 'sign_out'
  | 'redirecting'
  | 'device_done'
  | 'signed_out'
  | 'way_on'
  | 'dead_end';

export const isOver = (place: Place) => ['app', 'device_done', 'signed_out'].includes(place);

export async function placeOf(page: Page, { appOrigin }: Pick<Errand, 'appOrigin'>) {
  await page.waitForLoadState('load');
  if (new URL(page.url()).origin === appOrigin) return 'app';
  const has = async (selector: string) => (await page.locator(selector).count()) > 0;
  const title = await page.locator('h1').textContent();
  const places: [Place, boolean][] = [
    ['redirecting', await has('form[data-submit-at-once]')],
    ['sign_in', await has('form[action$="/sign-in"]')],
    ['consent', await has('form[action$="/consent"]')],
    ['sign_out', await has('form[action$="/logout/confirm"]')],
    ['device_confirm', title === t.device_confirm.title],
    ['device_code', await has('input[name="user_code"]:not([type="hidden"])')],
    ['device_done', title === t.device_done.title],
    ['signed_out', title === t.signed_out.title],
    ['way_on', await has('main a.button')],
  ];
  return places.find(([, is]) => is)?.[0] ?? 'dead_end';
}

/** Does what the page asks. Resolves when the next page is there. */
export async function takeStep(page: Page, place: Place, errand: Errand): Promise<void> {
  const leaveBy = async (selector: string) => {
    const left = page.waitForEvent('domcontentloaded', { timeout: patienceMs });
    await Promise.all([left, page.locator(selector).click()]);
  };
  switch (place) {
    case 'sign_in':
      await page.fill('#username', alice.username);
      await page.fill('#password', alice.password);
      return leaveBy('form[action$="/sign-in"] button[type="submit"]');
    case 'consent':
      return leaveBy('button[form="consent"]');
    case 'device_code':
      await page.fill('#user_code', (await errand.newDevice()).userCode);
      return leaveBy('form button[type="submit"]');
    case 'device_confirm':
      return leaveBy('button.button-primary');
    case 'sign_out':
      return leaveBy('button[name="logout"]');
    case 'way_on':
      return leaveBy('main a.button');
    case 'redirecting':
      await page.locator('form[data-submit-at-once]').waitFor({ state: 'detached' });
      return;
    default:
      assert.fail(`${place} asks for nothing (${page.url()})`);
  }
}

/** The places on the way, the one that it began at first. Fails at a dead end, and where the way goes in circles. */
export async function goOn(page: Page, errand: Errand): Promise<Place[]> {
  const way: Place[] = [];
  while (way.length < longestWalk) {
    const place = await placeOf(page, errand);
    way.push(place);
    if (isOver(place)) return way;
    assert.notEqual(
      place,
      'dead_end',
      `${way.join(', ')}: ${await page.locator('main').innerText()}`,
    );
    await takeStep(page, place, errand);
  }
  assert.fail(`the way goes in circles: ${way.join(', ')}`);
}
