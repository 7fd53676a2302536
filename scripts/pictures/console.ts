/**
 * The first quarter of an hour at the console: wide, on a phone, and in the dark.
 */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type WalkPage, walkConsole } from '../../harness/console_walk.ts';
import { asPhone, asWindow } from './compose.ts';
import { issuer, withDemonstration } from './demonstration.ts';
import { type Picture, type Shot, withPage } from './picture.ts';

const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** Shots of the pages that are named, in the order of the walk. */
async function walkedPages(
  browser: Browser,
  pages: readonly WalkPage[],
  options: BrowserContextOptions & { viewport: typeof wide },
): Promise<Shot[]> {
  return withDemonstration(() =>
    withPage(browser, options, (page, take) =>
      walkConsole(page, {
        ...{ issuer, owner: { username: 'alice', password: 'password' }, otherApi: 'Orders demo' },
        look: async (name) => {
          if (pages.includes(name)) await take(options.viewport);
        },
      }),
    ),
  );
}

function onDesktop(name: string, page: WalkPage, colorScheme: 'light' | 'dark' = 'light'): Picture {
  return {
    ...{ name, width: wide.width },
    async take(browser) {
      const shots = await walkedPages(browser, [page], { colorScheme, viewport: wide });
      return shots.map(asWindow).join('');
    },
  };
}

export const consolePictures: readonly Picture[] = [
  onDesktop('console_client', 'client'),
  onDesktop('console_inspector', 'refused'),
  onDesktop('console_revoked', 'revoked', 'dark'),
  {
    ...{ name: 'console_phone', width: 1500 },
    async take(browser) {
      const options = { colorScheme: 'dark', viewport: phone, isMobile: true, hasTouch: true };
      const pages: WalkPage[] = ['client', 'refused', 'revoke', 'revoked'];
      const shots = await walkedPages(browser, pages, { ...options, colorScheme: 'dark' });
      return shots.map(asPhone).join('');
    },
  },
];
