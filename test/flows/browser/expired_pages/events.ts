/** The rows of the table: what happens while a person is at a page. */
import type { Page } from 'playwright-core';
import type { Scene } from '../scene.ts';
import { type Errand, goOn, isOver, placeOf, takeStep } from './going_on.ts';

export type ExpiringEvent = {
  name: string;
  /** Resolves to the page at which the person goes on. */
  happen(page: Page, scene: Scene, errand: Errand): Promise<Page>;
};

const anHour = 3_600_000 + 60_000;

/**
 * Does this an hour later by the server's clock, with what the browser has kept until then. The clock goes back after
 * it: the library goes by the machine's, and what begins an hour ahead of that would expire at once.
 */
async function anHourLater<T>(page: Page, { clock }: Scene, work: () => Promise<T>): Promise<T> {
  const context = page.context();
  const until = (Date.now() + anHour) / 1000;
  const kept = (await context.cookies()).filter(({ expires }) => expires < 0 || expires > until);
  await context.clearCookies();
  await context.addCookies(kept);
  clock.forward(anHour);
  try {
    return await work();
  } finally {
    clock.forward(-anHour);
  }
}

/** What the page asks for; nothing, where it asks for nothing. */
async function goOnOnce(page: Page, errand: Errand): Promise<void> {
  const place = await placeOf(page, errand);
  if (isOver(place)) return;
  await takeStep(page, place, errand);
  await placeOf(page, errand);
}

export const expiringEvents: ExpiringEvent[] = [
  {
    name: 'left and come back to',
    async happen(page, _scene, errand) {
      await goOnOnce(page, errand);
      await page.goBack();
      return page;
    },
  },
  {
    name: 'reloaded',
    async happen(page) {
      await page.reload();
      return page;
    },
  },
  {
    name: 'finished in another tab',
    async happen(page, _scene, errand) {
      const other = await page.context().newPage();
      await other.goto(page.url());
      await goOn(other, errand);
      return page;
    },
  },
  {
    name: 'left open while the user signs out in another tab',
    async happen(page, { issuer }, errand) {
      const other = await page.context().newPage();
      await other.goto(`${issuer}/logout`);
      await goOn(other, errand);
      return page;
    },
  },
  {
    name: 'gone on with after the cookies were lost',
    async happen(page) {
      await page.context().clearCookies();
      return page;
    },
  },
  {
    name: 'reloaded after the cookies were lost',
    async happen(page) {
      await page.context().clearCookies();
      await page.reload();
      return page;
    },
  },
  {
    name: 'gone on with after an hour',
    async happen(page, scene, errand) {
      await anHourLater(page, scene, () => goOnOnce(page, errand));
      return page;
    },
  },
  {
    name: 'reloaded after an hour',
    async happen(page, scene) {
      await anHourLater(page, scene, () => page.reload());
      return page;
    },
  },
  {
    name: 'opened by its address in another browser',
    async happen(page) {
      const other = await page.context().browser()?.newContext({ locale: 'en-GB' });
      const opened = await other?.newPage();
      if (!opened) throw new Error('no other browser');
      await opened.goto(page.url());
      return opened;
    },
  },
];
