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

/** A browser of its own; `take` shows the page at that size. */
export async function withPage(
  browser: Browser,
  options: BrowserContextOptions,
  walk: (page: Page, take: (size: Size) => Promise<void>) => Promise<void>,
): Promise<Shot[]> {
  await using context = await browser.newContext({
    ...options,
    locale: 'en-GB',
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
    // For the font.
    bypassCSP: true,
  });
  const page = await context.newPage();
  const shots: Shot[] = [];
  await walk(page, async (size) => {
    await page.setViewportSize(size);
    await page.addStyleTag({ content: `:root{--sans:${font}}body{font-family:${font}}` });
    await page.evaluate('document.fonts.ready');
    const png = await page.screenshot();
    const image = `data:image/png;base64,${png.toString('base64')}`;
    shots.push({ host: new URL(page.url()).host, image });
  });
  return shots;
}
