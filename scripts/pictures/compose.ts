/**
 * Puts shots of pages together to one small PNG.
 */
import type { Browser, Page } from 'playwright-core';
import { palettePng } from './palette_png.ts';
import type { Shot } from './picture.ts';

export const font = 'Inter, system-ui, sans-serif';

/** A window of a browser. */
export function asWindow({ host, image }: Shot): string {
  return `<figure><figcaption><span>${host}</span></figcaption><img src="${image}"></figure>`;
}

/** Windows that are steps of one way, below each other. */
export function asColumn(shots: readonly Shot[]): string {
  return `<div class="steps">${shots.map(asWindow).join('')}</div>`;
}

export function asPhone({ image }: Shot): string {
  return `<figure class="phone"><img src="${image}"></figure>`;
}

/** `figures`: HTML, side by side. `width`: in CSS pixels. */
export async function compose(
  browser: Browser,
  { width, figures }: { width: number; figures: string },
): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width, height: 400 }, deviceScaleFactor: 1.25 });
  await page.setContent(`<!doctype html><style>
    body { counter-reset: step; display: flex; gap: 16px; margin: 0; padding: 2px; font: 500 15px/1 ${font}; }
    div { display: grid; flex: 1; gap: 16px; align-content: space-between; }
    figure { flex: 1; overflow: hidden; margin: 0; border: 1px solid #c9cdd6; border-radius: 12px; background: #fff; }
    figcaption { display: flex; align-items: center; gap: 10px; padding: 9px 12px; color: #5b6270;
      background: #e9ebf0; counter-increment: step; }
    .steps figcaption::before { content: counter(step); width: 24px; border-radius: 12px; color: #fff;
      background: #4f46e5; font-weight: 600; line-height: 24px; text-align: center; }
    span { flex: 1; padding: 6px 12px; border-radius: 8px; background: #fff; }
    .phone { border: 6px solid #30343d; border-radius: 30px; background: #17191e; }
    img { display: block; width: 100%; }
  </style>${figures}`);
  await page.evaluate('Promise.all([...document.images].map((image) => image.decode()))');
  const png = await page.locator('body').screenshot({ omitBackground: true });
  const { rgba, width: columns } = await pixelsOf(page, png);
  await page.close();
  return palettePng(rgba, columns);
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
