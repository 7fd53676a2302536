/**
 * What a new operator does first, from an API to a dead token, in a real Chromium.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import { type WalkPage, walkConsole } from '../../harness/console_walk.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { until } from '../support/site.ts';
import { onSqlite } from '../support/stores.ts';
import { alice, declaration } from './scene.ts';

const isInSight = `(() => {
  const { top, bottom } = document.querySelector('.verdict').getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
})()`;

onSqlite((stores) => {
  describe('The first quarter of an hour at the console', () => {
    let server: TestServer;
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
    });
    after(() => browser?.close());
    beforeEach(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
    });
    afterEach(() => server.close());

    for (const [screen, options] of [
      ['a desktop', { viewport: { width: 1280, height: 800 } }],
      ['a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ] as const) {
      test(`A new operator makes an API, a service and a key, uses the shown command, finds why a token is refused, and stops it, on ${screen}`, async () => {
        await using visitor = await browser.newContext(options);
        const page = await visitor.newPage();
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => {
          if (!request.url().startsWith(server.issuer))
            complaints.push(`foreign: ${request.url()}`);
        });
        const seen: WalkPage[] = [];
        const { width } = options.viewport;
        await walkConsole(page, {
          ...{ issuer: server.issuer, owner: alice, otherApi: 'Orders' },
          look: async (name) => {
            seen.push(name);
            const widest = await page.evaluate('document.documentElement.scrollWidth');
            assert.ok(Number(widest) <= width, `${name} is ${widest} wide`);
            // Its verdict comes into sight by itself, however long the report.
            if (name === 'refused' || name === 'dead') {
              await until(async () => (await page.evaluate(isInSight)) === true);
            }
          },
        });
        assert.deepEqual(complaints, []);
        assert.equal(seen.at(-1), 'dead');
      });
    }
  });
});
