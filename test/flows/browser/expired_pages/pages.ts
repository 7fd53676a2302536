/** The columns of the table: each page at which a person can be, and how they come to be there. */
import type { Page } from 'playwright-core';
import type { Scene } from '../scene.ts';
import { type Errand, goOn, type Place, placeOf, takeStep } from './going_on.ts';

export type ExpiringPage = {
  name: string;
  /** Brings the browser there. */
  reach(page: Page, scene: Scene, errand: Errand): Promise<void>;
  /** Where the person is in the end, whatever has happened in between. */
  ends: Place;
};

const ownApp = { client_id: 'own-app' };
/** Consent is asked for whatever was allowed before. */
const asking = { prompt: 'consent' };

/** Goes on until a page of this kind is shown. */
async function goTo(page: Page, wanted: Place, errand: Errand): Promise<void> {
  for (;;) {
    const place = await placeOf(page, errand);
    if (place === wanted) return;
    await takeStep(page, place, errand);
  }
}

const deviceFlow = (wanted: Place): ExpiringPage['reach'] =>
  async function connectDevice(page, { issuer }, errand) {
    await page.goto(`${issuer}/device`);
    await goTo(page, wanted, errand);
  };

const signedIn = async (page: Page, scene: Scene, errand: Errand) => {
  await page.goto(scene.request(ownApp).url);
  await goOn(page, errand);
};

const signOutRequest = ({ issuer, app }: Scene) => {
  const asked = { ...ownApp, post_logout_redirect_uri: `${app.origin}/bye`, state: 'good bye' };
  return `${issuer}/logout?${new URLSearchParams(asked)}`;
};

export const expiringPages: ExpiringPage[] = [
  {
    name: 'The sign-in page',
    ends: 'app',
    reach: async (page, scene) => {
      await page.goto(scene.request(ownApp).url);
    },
  },
  {
    name: 'The sign-in page after a wrong password',
    ends: 'app',
    reach: async (page, scene) => {
      await page.goto(scene.request(ownApp).url);
      await page.fill('#username', 'alice');
      await page.fill('#password', 'wrong');
      await page.click('form[action$="/sign-in"] button[type="submit"]');
      await page.waitForSelector('#problem');
    },
  },
  {
    name: 'The consent page',
    ends: 'app',
    reach: async (page, scene, errand) => {
      await page.goto(scene.request(asking).url);
      await goTo(page, 'consent', errand);
    },
  },
  { name: 'The device code page', ends: 'device_done', reach: deviceFlow('device_code') },
  { name: 'The device confirmation', ends: 'device_done', reach: deviceFlow('device_confirm') },
  { name: 'The sign-in for a device', ends: 'device_done', reach: deviceFlow('sign_in') },
  { name: 'The page of a connected device', ends: 'device_done', reach: deviceFlow('device_done') },
  {
    name: 'The sign-out page',
    ends: 'app',
    reach: async (page, scene, errand) => {
      await signedIn(page, scene, errand);
      await page.goto(signOutRequest(scene));
    },
  },
  {
    name: 'The page of a finished sign-out',
    ends: 'signed_out',
    reach: async (page, scene, errand) => {
      await signedIn(page, scene, errand);
      await page.goto(`${scene.issuer}/logout`);
      await goTo(page, 'signed_out', errand);
    },
  },
];
