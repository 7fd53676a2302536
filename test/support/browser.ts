/**
 * A real Chromium for tests and previews: the machine's own, else the one inside the npm package
 * @sparticuz/chromium, so that no browser has to be installed.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts a headless browser; the caller closes it. Works as root too, hence without its sandbox. */
export async function launchBrowser(): Promise<Browser> {
  const installed = findInstalled();
  if (installed) {
    return chromium.launch({ executablePath: installed, args: ['--no-sandbox'] });
  }
  const { default: packaged } = await import('@sparticuz/chromium');
  return chromium.launch({ executablePath: await packaged.executablePath(), args: packaged.args });
}

function findInstalled(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
