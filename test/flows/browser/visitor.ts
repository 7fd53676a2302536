/**
 * A person in a real browser. The same flows are walked in different ways: with the mouse, by the keyboard
 * alone, without JavaScript, on a phone; and whatever the browser complains about on the way fails the test.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { fill, pageTexts, type Texts } from '../../../src/pages/texts.ts';

export type Way = {
  name: string;
  locale: keyof typeof pageTexts;
  hands: 'mouse' | 'keyboard' | 'touch';
  scripts: boolean;
  options: BrowserContextOptions;
};

const wide = { width: 1280, height: 860 };
const phone = { width: 375, height: 812 };

export const ways: Way[] = [
  {
    name: 'with a mouse',
    locale: 'en',
    hands: 'mouse',
    scripts: true,
    options: { viewport: wide, colorScheme: 'light' },
  },
  {
    name: 'by the keyboard alone, without JavaScript',
    locale: 'en',
    hands: 'keyboard',
    scripts: false,
    options: { viewport: wide, colorScheme: 'dark' },
  },
  {
    name: 'on a phone in the dark, in German',
    locale: 'de',
    hands: 'touch',
    scripts: true,
    options: { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true },
  },
];

export type Visitor = {
  page: Page;
  way: Way;
  /** The pages' words in the visitor's language. */
  t: Texts;
  fill: typeof fill;
  open(url: string): Promise<void>;
  type(label: string, value: string): Promise<void>;
  /** A button, by all of its words; resolves when the next page is there. */
  press(name: string): Promise<void>;
  /** The same for a link. */
  follow(name: string): Promise<void>;
  /** A checkbox, by words of its label. */
  toggle(label: string): Promise<void>;
  /** Waits until this can be read on the page. */
  see(text: string): Promise<void>;
  /** The page there is: its title, its language, its width, and that it breaks no rule of accessibility. */
  inspect(title: string): Promise<void>;
  /** The same for a page of Cardea's, by its heading. */
  look(title: string): Promise<void>;
  /** The same for a page that tells what went wrong. */
  lookAtError(title: string): Promise<void>;
  /** Whatever the browser had to say about the pages so far. */
  complaints: string[];
  /** Fails for anything that the browser complained about. */
  leave(): Promise<void>;
};

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const mostTabs = 30;
const patienceMs = 10_000;

/** `origins`: all that a page may load from or lead to. */
export async function createVisitor(
  browser: Browser,
  way: Way,
  origins: readonly string[],
): Promise<Visitor> {
  const { locale, hands, scripts, options } = way;
  const context = await browser.newContext({
    ...options,
    locale: { en: 'en-GB', de: 'de-AT' }[locale],
    javaScriptEnabled: scripts,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints = watch(page, origins);
  const t = pageTexts[locale];

  const isFocused = (element: Locator) =>
    element.evaluate((node) => node === node.ownerDocument.activeElement);

  const reach = async (element: Locator) => {
    for (let tab = 0; tab < mostTabs; tab += 1) {
      if (await isFocused(element)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not reach ${element}`);
  };

  const activate = async (element: Locator, key: 'Enter' | 'Space') => {
    if (hands === 'mouse') return element.click();
    if (hands === 'touch') return element.tap();
    await reach(element);
    await page.keyboard.press(key);
  };

  const leaveBy = async (element: Locator) => {
    await Promise.all([page.waitForEvent('domcontentloaded'), activate(element, 'Enter')]);
    await page.waitForLoadState('load');
  };

  const inspect = async (title: string) => {
    for (let wait = 0; wait < patienceMs && (await page.title()) !== title; wait += 50) {
      await sleep(50);
    }
    assert.equal(await page.title(), title);
    assert.equal(await page.locator('html').getAttribute('lang'), locale);
    assert.equal(await page.locator('h1').count(), 1);
    const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    assert.equal(await page.evaluate(tooWide), 0);
    if (scripts) assert.deepEqual(await violationsOf(page), [], title);
  };

  return {
    page,
    way,
    t,
    fill,
    see: (text) => page.getByText(text).first().waitFor(),
    complaints,
    inspect,
    look: (title) => inspect(`${title} · Cardea`),
    lookAtError: (title) => inspect(`${t.error_prefix}${title} · Cardea`),
    async open(url) {
      await page.goto(url);
    },
    async type(label, value) {
      const field = page.getByLabel(label, { exact: true });
      if (hands !== 'keyboard') return field.fill(value);
      await reach(field);
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type(value);
    },
    press: (name) => leaveBy(page.getByRole('button', { name, exact: true })),
    follow: (name) => leaveBy(page.getByRole('link', { name, exact: true })),
    async toggle(label) {
      await activate(page.getByLabel(label), 'Space');
    },
    async leave() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/**
 * What the browser says in its console, except that a page came with an error's status, as it should, and that the
 * visitor was in a field before the browser put him there.
 */
function watch(page: Page, origins: readonly string[]): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isStatus = /^Failed to load resource: .* status of 4\d\d/.test(message.text());
    if (isStatus && message.location().url === page.url()) return;
    if (message.text().startsWith('Autofocus processing was blocked because a document already'))
      return;
    complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && !origins.includes(origin)) complaints.push(`sent to ${origin}`);
  });
  return complaints;
}

type AxeResult = { id: string; nodes: { html: string }[] };

/** The rules of accessibility that the page breaks, by axe's names. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations }: { violations: AxeResult[] } = await page.evaluate('axe.run()');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
