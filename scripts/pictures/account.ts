/**
 * The life of an account: wide, on a phone, and in the dark.
 */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type AccountPage, walkAccount } from '../../harness/account_walk.ts';
import { asPhone, asWindow } from './compose.ts';
import { issuer, shop, withDemonstration } from './demonstration.ts';
import { openMailbox } from './mailbox.ts';
import { type Picture, type Shot, withPages } from './picture.ts';

const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** Shots of the pages that are named, in the order of the walk. */
async function walkedPages(
  browser: Browser,
  pages: readonly AccountPage[],
  options: BrowserContextOptions & { viewport: typeof wide },
): Promise<Shot[]> {
  await using mailbox = await openMailbox();
  // Awaited, so that the mailbox is open for as long.
  return await withDemonstration(
    () =>
      withPages(browser, options, (newBrowser, take) =>
        walkAccount({
          ...{ issuer, shop, newBrowser },
          nextLink: async () => mailbox.nextLink,
          look: async (name, page) => {
            if (pages.includes(name)) await take(page, options.viewport);
          },
        }),
      ),
    { mail: mailbox.mail },
  );
}

function onDesktop(name: string, page: AccountPage, colorScheme: 'light' | 'dark'): Picture {
  return {
    ...{ name, width: wide.width },
    async take(browser) {
      const shots = await walkedPages(browser, [page], { colorScheme, viewport: wide });
      return shots.map(asWindow).join('');
    },
  };
}

function onPhone(
  name: string,
  pages: readonly AccountPage[],
  colorScheme: 'light' | 'dark',
): Picture {
  return {
    ...{ name, width: 1500 },
    async take(browser) {
      const options = { viewport: phone, isMobile: true, hasTouch: true };
      const shots = await walkedPages(browser, pages, { ...options, colorScheme });
      return shots.map(asPhone).join('');
    },
  };
}

export const accountPictures: readonly Picture[] = [
  onDesktop('account_ways', 'ways', 'light'),
  onDesktop('account_sessions', 'ended', 'dark'),
  onPhone('account_phone', ['sign_up', 'new_account', 'passkey', 'recovery'], 'light'),
];
