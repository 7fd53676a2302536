/**
 * Takes the pictures of the README and of docs/ from the running demonstration: `npm run pictures`, or
 * `npm run pictures -- <folder>` for another place than docs/pictures, and `--only console` for those whose name has
 * this in it. Needs the ports of `npm start` (3000, 8080, 8081). Looks its best where the font Inter is installed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launchBrowser } from '../../harness/browser.ts';
import { accountPictures } from './account.ts';
import { compose } from './compose.ts';
import { consolePictures } from './console.ts';
import type { Picture } from './picture.ts';
import { phonePicture, roundTripPicture } from './sign_in.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' } },
});
const folder = resolve(positionals[0] ?? 'docs/pictures');
const all: readonly Picture[] = [
  roundTripPicture,
  phonePicture,
  ...consolePictures,
  ...accountPictures,
];

const browser = await launchBrowser();
try {
  await mkdir(folder, { recursive: true });
  for (const { name, width, take } of all.filter(({ name }) => name.includes(values.only))) {
    const figures = await take(browser);
    await writeFile(join(folder, `${name}.png`), await compose(browser, { width, figures }));
  }
} finally {
  await browser.close();
}
