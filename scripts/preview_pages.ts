/**
 * Shows every page in every state, and every mail, without a running server. `npm run preview -- [folder]`
 * writes them as files that open in a browser; with `--screenshots` also a picture of each, wide and
 * narrow, light and dark. The folder is `data/preview` unless named.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launchBrowser } from '../harness/browser.ts';
import { declarationSchema } from '../src/config/schema/declaration.ts';
import { locales } from '../src/definitions/locales.ts';
import type { MailTemplate } from '../src/mail/room.ts';
import { createAssets } from '../src/pages/assets.ts';
import { mailSamples, samplesAt } from '../src/pages/mails/mail_samples.ts';
import { createMailViews } from '../src/pages/mails/mail_views.ts';
import type { PageName } from '../src/pages/page_data.ts';
import { pageSamples } from '../src/pages/page_samples.ts';
import { createViews } from '../src/pages/views.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    screenshots: { type: 'boolean', default: false },
    name: { type: 'string' },
    logo: { type: 'string' },
    accent: { type: 'string' },
    templates: { type: 'string' },
    /** Only pages and states whose name contains this. */
    only: { type: 'string', default: '' },
  },
});
const { screenshots, only, ...branding } = values;
const folder = resolve(positionals[0] ?? 'data/preview');

const { pages } = declarationSchema.parse({ pages: branding });
const assets = createAssets({ pages });
const views = createViews({ pages, assets, log: console });

for (const [path, asset] of assets.files) write(path, asset.body);
const documents: string[] = [];
for (const page of Object.keys(pageSamples) as PageName[]) {
  for (const [state, data] of Object.entries(pageSamples[page])) {
    for (const locale of locales) {
      const name = `${page}.${state}.${locale}`;
      if (!name.includes(only)) continue;
      const html = views.render(page, data, { locale, requestId: 'b7f3c2d94e1a4f06' });
      // Opened from a file, a page's root is not the folder.
      write(
        `${name}.html`,
        html.replaceAll('"/assets/', `"${rootOf(name)}assets/`).replace(' data-submit-at-once', ''),
      );
      documents.push(name);
    }
  }
}
const mails = createMailViews({
  ...{ pages, issuer: 'https://id.example', log: console },
  look: () => ({ name: pages.name, accent: pages.accent }),
});
for (const template of Object.keys(mailSamples) as MailTemplate[]) {
  for (const [state, data] of Object.entries(mailSamples[template])) {
    for (const locale of locales) {
      const name = `mail.${template}.${state}.${locale}`;
      if (!name.includes(only)) continue;
      const context = { locale, to: 'alice@example.com', now: samplesAt };
      const { html, text } = mails.render(template, data as never, context);
      write(`${name}.html`, html);
      write(`${name}.txt`, text);
      documents.push(name);
    }
  }
}
console.log(`${documents.length} pages and mails in ${folder}`);
if (screenshots) await takePictures();

/** From a page to the folder. */
function rootOf(name: string): string {
  return '../'.repeat(name.split('/').length - 1);
}

function write(path: string, content: string | Buffer): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

async function takePictures(): Promise<void> {
  const browser = await launchBrowser();
  try {
    for (const [width, height] of [
      [1280, 860],
      [375, 812],
    ] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const view = await browser.newPage({ viewport: { width, height }, colorScheme });
        for (const name of documents) {
          await view.goto(pathToFileURL(join(folder, `${name}.html`)).href);
          const path = join(folder, 'pictures', `${name}.${width}.${colorScheme}.png`);
          await view.screenshot({ path, fullPage: true });
        }
        await view.close();
      }
    }
  } finally {
    await browser.close();
  }
}
