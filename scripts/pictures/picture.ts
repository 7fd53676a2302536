/**
 * What a picture is made of: pages of the demonstration, as a browser showed them.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { font } from './compose.ts';

export type Picture = {
  /** Of its file. */
  name: string;
  /** In CSS pixels. */
  width: number;
  /** HTML of its figures. */
  take(browser: Browser): Promise<string>;
};

/** `image`: a data URL. */
export type Shot = { host: string; image: string };

type Size = { width: number; height: number };

type Take = (size: Size) => Promise<void>;

/** A browser of its own; `take` shows the page at that size. */
export function withPage(
  browser: Browser,
  options: BrowserContextOptions,
  walk: (page: Page, take: Take) => Promise<void>,
): Promise<Shot[]> {
  return withPages(browser, options, async (newPage, take) => {
    const page = await newPage();
    await walk(page, (size) => take(page, size));
  });
}

/** Several of them: each call of `newPage` is a browser of its own. */
export async function withPages(
  browser: Browser,
  options: BrowserContextOptions,
  walk: (
    newPage: () => Promise<Page>,
    take: (page: Page, size: Size) => Promise<void>,
  ) => Promise<void>,
): Promise<Shot[]> {
  await using contexts = new AsyncDisposableStack();
  const newPage = async () => {
    const context = await browser.newContext({
      ...options,
      locale: 'en-GB',
      deviceScaleFactor: 2,
      reducedMotion: 'reduce',
      // For the font.
      bypassCSP: true,
    });
    return contexts.use(context).newPage();
  };
  const shots: Shot[] = [];
  await walk(newPage, async (page, size) => {
    await page.setViewportSize(size);
    await page.addStyleTag({ content: `:root{--sans:${font}}body{font-family:${font}}` });
    await page.evaluate('document.fonts.ready');
    const png = await page.screenshot();
    const image = `data:image/png;base64,${png.toString('base64')}`;
    shots.push({ host: new URL(page.url()).host, image });
  });
  return shots;
}
