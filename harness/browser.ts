/**
 * A real Chromium for tests and previews: the machine's own, else the one inside the npm package
 * @sparticuz/chromium, so that no browser has to be installed.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Starts a headless browser; the caller closes it. Works as root too, hence without its sandbox. `args`: further
 * switches of Chromium's.
 */
export async function launchBrowser(args: string[] = []): Promise<Browser> {
  const installed = findInstalled();
  if (installed) {
    return chromium.launch({ executablePath: installed, args: ['--no-sandbox', ...args] });
  }
  const { default: packaged } = await import('@sparticuz/chromium');
  const executablePath = await packaged.executablePath();
  // In one process the browser ends with the first of its contexts.
  const packagedArgs = packaged.args.filter((arg) => arg !== '--single-process');
  return chromium.launch({ executablePath, args: [...packagedArgs, ...args] });
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
