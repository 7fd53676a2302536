/**
 * The pages of people: a round trip from an app to Cardea and back, and a device that is connected from a phone.
 */
import type { Browser } from 'playwright-core';
import { asColumn, asPhone } from './compose.ts';
import { issuer, shop, withDemonstration } from './demonstration.ts';
import { type Picture, type Shot, withPage } from './picture.ts';

/** From the app to Cardea and back, each page as tall as its place in the picture. */
async function roundTrip(browser: Browser): Promise<Shot[]> {
  return withPage(browser, { colorScheme: 'light' }, async (page, take) => {
    const width = 500;
    await page.setViewportSize({ width, height: 720 });
    await page.goto(shop);
    await take({ width, height: 350 });
    await page.getByRole('link', { name: 'Sign in with Cardea' }).click();
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('password');
    await take({ width, height: 590 });
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await take({ width, height: 1005 });
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('answered 200').waitFor();
    await take({ width, height: 1005 });
  });
}

async function phonePages(browser: Browser): Promise<Shot[]> {
  const options = { colorScheme: 'dark', isMobile: true, hasTouch: true } as const;
  return withPage(browser, options, async (page, take) => {
    const size = { width: 375, height: 720 };
    await page.setViewportSize(size);
    const answer = await fetch(`${issuer}/device_authorization`, {
      method: 'POST',
      headers: { 'user-agent': 'LivingRoomTV/4.2' },
      body: new URLSearchParams({ client_id: 'tv', scope: 'openid profile orders:read' }),
    });
    const device = (await answer.json()) as { verification_uri_complete: string };
    await page.goto(device.verification_uri_complete);
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    await take(size);
    await page.getByRole('button', { name: 'Yes' }).tap();
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('Password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await page.getByRole('alert').waitFor();
    await take(size);
    await page.getByLabel('Password', { exact: true }).fill('password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await take(size);
  });
}

export const roundTripPicture: Picture = {
  ...{ name: 'round_trip', width: 1500 },
  async take(browser) {
    const [home, signIn, consent, back] = await withDemonstration(() => roundTrip(browser));
    if (!home || !signIn || !consent || !back) throw new Error('a page is missing');
    return [[home, signIn], [consent], [back]].map(asColumn).join('');
  },
};

export const phonePicture: Picture = {
  ...{ name: 'phone', width: 1140 },
  async take(browser) {
    const phones = await withDemonstration(() => phonePages(browser));
    return phones.map(asPhone).join('');
  },
};
