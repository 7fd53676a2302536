/**
 * A real Chromium, and a site that serves it the pages as Cardea does, under the same headers.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../harness/browser.ts';
import type { PageData, PageName } from '../../src/pages/page_data.ts';
import { pagesWith } from '../support/pages.ts';

const { views, assets } = pagesWith();
const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';base-uri 'none';frame-ancestors 'none'";

export const phone = { width: 375, height: 812 };

/** Opened before the tests of the file that calls this, closed after them. */
export function openBrowserSite() {
  /** Documents by path, and the forms that came in. */
  const documents = new Map<string, string>();
  const received: URLSearchParams[] = [];

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push(new URLSearchParams(body));
        response.end('received');
      });
      return;
    }
    const html = documents.get(path);
    const asset = assets.files.get(path);
    response.statusCode = html || asset ? 200 : 404;
    response.setHeader('Content-Type', asset?.type ?? 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', asset?.contentSecurityPolicy ?? policy);
    response.end(html ?? asset?.body);
  });

  let browser: Browser;
  let origin: string;

  before(async () => {
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    origin = `http://127.0.0.1:${address.port}`;
    browser = await launchBrowser();
  });

  after(async () => {
    await browser.close();
    server.close();
  });

  function publish<P extends PageName>(path: string, page: P, data: PageData[P]): string {
    documents.set(path, views.render(page, data, { locale: 'en', requestId: 'request-1' }));
    return path;
  }

  /** Opens a page, does the work, and fails for anything that the browser complained about. */
  async function visit(
    paths: string[],
    options: BrowserContextOptions,
    work: (page: Page, path: string) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options);
    try {
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(origin)) complaints.push(`foreign: ${request.url()}`);
      });
      for (const path of paths) {
        await page.goto(origin + path);
        await work(page, path);
        assert.deepEqual(complaints, [], path);
      }
    } finally {
      await context.close();
    }
  }

  return { documents, received, publish, visit };
}
