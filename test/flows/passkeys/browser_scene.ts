/**
 * A person with passkeys in a real Chromium: its virtual authenticator answers as a device would, and tells what it was
 * told.
 */
import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import {
  addVirtualAuthenticator,
  type VirtualAuthenticator,
} from '../../../harness/virtual_authenticator.ts';
import { callbackUri } from '../../support/relying_party.ts';
import { violationsOf } from '../browser/visitor.ts';

export type Device = VirtualAuthenticator & {
  context: BrowserContext;
  page: Page;
  /** What the page complained about. */
  complaints: string[];
  open(url: string): Promise<void>;
  type(label: string, value: string): Promise<void>;
  press(name: string): Promise<void>;
  /** Resolves when the browser is at the client, with the URL there. */
  arrive(): Promise<URL>;
  /** The rules of accessibility that the page breaks. */
  violations(): Promise<string[]>;
  leave(): Promise<void>;
};

type Options = Parameters<Browser['newContext']>[0] & { isVerified?: boolean };

/** A browser of its own, without cookies, with a device that has no passkeys yet. */
export async function createDevice(
  browser: Browser,
  { isVerified = true, ...options }: Options = {},
): Promise<Device> {
  const context = await browser.newContext({
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Pages that refuse something come with its status, and at the client nobody answers.
    const isExpected = /^Failed to load resource:/.test(message.text());
    if (message.type() === 'error' && !isExpected) complaints.push(message.text());
  });
  const isAtClient = (request: { url(): string }) => request.url().startsWith(callbackUri);
  const arrivals: string[] = [];
  page.on('request', (request) => {
    if (isAtClient(request)) arrivals.push(request.url());
  });
  const authenticator = await addVirtualAuthenticator(page, { isVerified });
  return {
    ...{ ...authenticator, context, page, complaints },
    async open(url) {
      await page.goto(url);
    },
    type: (label, value) => page.getByLabel(label, { exact: true }).fill(value),
    press: (name) => page.getByRole('button', { name, exact: true }).click(),
    async arrive() {
      const url = arrivals.shift() ?? (await page.waitForRequest(isAtClient)).url();
      arrivals.length = 0;
      return new URL(url);
    },
    violations: () => violationsOf(page),
    async leave() {
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}
