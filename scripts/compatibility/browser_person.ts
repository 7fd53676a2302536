/** The person in a real Chromium, for programs whose pages need scripts. */
import type { Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import type { Person } from './program.ts';

const patienceMs = 30_000;

export type BrowserPerson = {
  page: Page;
  /** Clicks what leads to Cardea, signs in and consents there; resolves when the program's page is back. */
  signIn(selector: string): Promise<void>;
  /** Waits until the page shows this text. @throws when it does not, with what the page shows and logged */
  see(text: string | RegExp): Promise<void>;
};

/** Runs `use` in a browser of its own, and closes that. */
export async function inBrowser<T>(
  person: Person,
  origin: string,
  use: (browser: BrowserPerson) => Promise<T>,
): Promise<T> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ locale: 'en-GB' });
    page.setDefaultTimeout(patienceMs);
    const logged: string[] = [];
    page.on('console', (message) => logged.push(message.text()));
    page.on('pageerror', (error) => logged.push(String(error)));
    const explained = async <R>(work: Promise<R>): Promise<R> => {
      try {
        return await work;
      } catch (error) {
        const shown = await page.innerText('body').catch(() => '');
        const where = `${page.url()}\n${shown.slice(0, 2000)}\n${logged.join('\n')}`;
        throw new Error(`${(error as Error).message}\n${where}`, { cause: error });
      }
    };
    const walk = async (selector: string) => {
      await page.click(selector);
      await page.fill('#username', person.username);
      await page.fill('#password', person.password);
      await page.click('button[type=submit].button-primary');
      await page.click('#consent button[type=submit], button[form=consent]');
      await page.waitForURL((url) => url.origin === origin);
    };
    return await use({
      page,
      signIn: (selector) => explained(walk(selector)),
      see: (text) => explained(page.getByText(text).first().waitFor()),
    });
  } finally {
    await browser.close();
  }
}
