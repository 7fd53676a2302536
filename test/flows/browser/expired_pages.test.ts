/**
 * A page that has expired is never a dead end: whatever happens while a person is at a page, they end at the app, or
 * where a page without an app ends. Each page is walked with each event.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type ExpiringEvent, expiringEvents } from './expired_pages/events.ts';
import { type Errand, goOn } from './expired_pages/going_on.ts';
import { type ExpiringPage, expiringPages } from './expired_pages/pages.ts';
import { inScene, type Scene } from './scene.ts';
import { type Device, startDevice } from './walks.ts';

/** Expects what comes of it: the app has its answer, the device its token. */
async function walk(
  browser: Browser,
  scene: Scene,
  { reach, ends }: ExpiringPage,
  { happen }: ExpiringEvent,
): Promise<void> {
  const devices: Device[] = [];
  const errand: Errand = {
    appOrigin: scene.app.origin,
    async newDevice() {
      const device = await startDevice(scene);
      devices.push(device);
      return device;
    },
  };
  const contexts = browser.contexts();
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    const page: Page = await context.newPage();
    await reach(page, scene, errand);
    const afterwards = await happen(page, scene, errand);
    const way = await goOn(afterwards, errand);
    assert.equal(way.at(-1), ends, way.join(', '));
    // A device that was connected before may have lost its sign-in to what happened.
    const isConnectedNow = ends === 'device_done' && way.length > 1;
    if (isConnectedNow) assert.equal((await devices.at(-1)?.poll())?.status, 200);
  } finally {
    const opened = browser.contexts().filter((each) => !contexts.includes(each));
    for (const each of opened) await each.close();
  }
}

inScene((stage) => {
  for (const page of expiringPages) {
    describe(page.name, () => {
      for (const event of expiringEvents) {
        test(`${page.name} is no dead end when it is ${event.name}`, async () => {
          const { browser, scene } = stage();
          await walk(browser, scene, page, event);
        });
      }
    });
  }
});
