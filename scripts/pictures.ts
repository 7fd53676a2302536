/**
 * Takes the pictures of the README from the running demonstration: `npm run pictures`, or
 * `npm run pictures -- <folder>` for another place than docs/pictures. Needs the ports of `npm start`
 * (3000, 8080, 8081). Looks its best where the font Inter is installed.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { parse } from 'yaml';
import { startDemoApi } from '../demo/api.ts';
import { startDemoApp } from '../demo/app.ts';
import { launchBrowser } from '../harness/browser.ts';
import { startProcessServer } from '../harness/process_server.ts';
import { palettePng } from './palette_png.ts';

const issuer = 'http://localhost:3000';
const shop = 'http://localhost:8080';
const api = 'http://localhost:8081';
const font = 'Inter, system-ui, sans-serif';
const folder = resolve(process.argv[2] ?? 'docs/pictures');

type Shot = { host: string; image: string };

const store = await mkdtemp(join(tmpdir(), 'cardea-pictures-'));
const declaration = parse(await readFile(new URL('../demo/cardea.yaml', import.meta.url), 'utf8'));
const cardea = await startProcessServer({
  store: `sqlite:${join(store, 'cardea.db')}`,
  issuer,
  port: 3000,
  declaration,
});
const demonstration = [
  await startDemoApi({ issuer, port: 8081 }),
  await startDemoApp({ issuer, port: 8080, api }),
];
const browser = await launchBrowser();
try {
  await mkdir(folder, { recursive: true });
  const [home, signIn, consent, back] = await roundTrip();
  const columns = [[home, signIn], [consent], [back]];
  await compose('round_trip.png', 1500, columns.map(asColumn).join(''));
  const phones = await phonePages();
  await compose('phone.png', 1140, phones.map(asPhone).join(''));
} finally {
  await browser.close();
  await Promise.all(demonstration.map(close));
  await cardea.stop();
  await rm(store, { recursive: true });
}

/** From the app to Cardea and back, each page as tall as its place in the picture. */
async function roundTrip(): Promise<Shot[]> {
  return withPage({ colorScheme: 'light' }, async (page, take) => {
    await page.goto(shop);
    await take(350);
    await page.getByRole('link', { name: 'Sign in with Cardea' }).click();
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('password');
    await take(590);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await take(1005);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('answered 200').waitFor();
    await take(1005);
  });
}

/** A device is connected from a phone. */
async function phonePages(): Promise<Shot[]> {
  return withPage({ colorScheme: 'dark', isMobile: true, hasTouch: true }, async (page, take) => {
    const answer = await fetch(`${issuer}/device_authorization`, {
      method: 'POST',
      headers: { 'user-agent': 'LivingRoomTV/4.2' },
      body: new URLSearchParams({ client_id: 'tv', scope: 'openid profile orders:read' }),
    });
    const device = (await answer.json()) as { verification_uri_complete: string };
    await page.goto(device.verification_uri_complete);
    await page.getByRole('button', { name: 'Yes' }).waitFor();
    await take(720);
    await page.getByRole('button', { name: 'Yes' }).tap();
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('Password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await page.getByRole('alert').waitFor();
    await take(720);
    await page.getByLabel('Password', { exact: true }).fill('password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    await take(720);
  });
}

async function withPage(
  options: BrowserContextOptions,
  walk: (page: Page, take: (height: number) => Promise<void>) => Promise<void>,
): Promise<Shot[]> {
  const width = options.isMobile ? 375 : 500;
  const context = await browser.newContext({
    ...options,
    viewport: { width, height: 720 },
    locale: 'en-GB',
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
    // For the font.
    bypassCSP: true,
  });
  const page = await context.newPage();
  const shots: Shot[] = [];
  await walk(page, async (height) => {
    await page.setViewportSize({ width, height });
    await page.addStyleTag({ content: `:root{--sans:${font}}body{font-family:${font}}` });
    await page.evaluate('document.fonts.ready');
    const png = await page.screenshot();
    const image = `data:image/png;base64,${png.toString('base64')}`;
    shots.push({ host: new URL(page.url()).host, image });
  });
  await context.close();
  return shots;
}

function asColumn(shots: (Shot | undefined)[]): string {
  return `<div>${shots.map((shot) => (shot ? asWindow(shot) : '')).join('')}</div>`;
}

function asWindow({ host, image }: Shot): string {
  return `<figure><figcaption><span>${host}</span></figcaption><img src="${image}"></figure>`;
}

function asPhone({ image }: Shot): string {
  return `<figure class="phone"><img src="${image}"></figure>`;
}

/** Puts the pictures side by side. */
async function compose(name: string, width: number, figures: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 400 }, deviceScaleFactor: 1.25 });
  await page.setContent(`<!doctype html><style>
    body { counter-reset: step; display: flex; gap: 16px; margin: 0; padding: 2px; font: 500 15px/1 ${font}; }
    div { display: grid; flex: 1; gap: 16px; align-content: space-between; }
    figure { overflow: hidden; margin: 0; border: 1px solid #c9cdd6; border-radius: 12px; background: #fff; }
    figcaption { display: flex; align-items: center; gap: 10px; padding: 9px 12px; color: #5b6270;
      background: #e9ebf0; counter-increment: step; }
    figcaption::before { content: counter(step); width: 24px; border-radius: 12px; color: #fff; background: #4f46e5;
      font-weight: 600; line-height: 24px; text-align: center; }
    span { flex: 1; padding: 6px 12px; border-radius: 8px; background: #fff; }
    .phone { flex: 1; border: 6px solid #30343d; border-radius: 30px; background: #17191e; }
    img { display: block; width: 100%; }
  </style>${figures}`);
  await page.evaluate('Promise.all([...document.images].map((image) => image.decode()))');
  const png = await page.locator('body').screenshot({ omitBackground: true });
  const { rgba, width: columns } = await pixelsOf(page, png);
  await writeFile(join(folder, name), palettePng(rgba, columns));
  await page.close();
}

/** The pixels of a PNG, row by row, and the length of a row; the browser reads it. */
async function pixelsOf(page: Page, png: Buffer): Promise<{ rgba: Buffer; width: number }> {
  const read = `(async () => {
    const picture = new Image();
    picture.src = 'data:image/png;base64,${png.toString('base64')}';
    await picture.decode();
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    let text = '';
    for (let at = 0; at < data.length; at += 8192) {
      text += String.fromCharCode(...data.subarray(at, at + 8192));
    }
    return { rgba: btoa(text), width };
  })()`;
  const { rgba, width }: { rgba: string; width: number } = await page.evaluate(read);
  return { rgba: Buffer.from(rgba, 'base64'), width };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
