/**
 * The operator's logo: reads it once, detects its type from its content, measures it.
 */
import { readFileSync } from 'node:fs';
import { CardeaError } from '../errors.ts';

export type Logo = {
  body: Buffer;
  type: 'image/png' | 'image/svg+xml';
  /** At least twice as wide as high: a wordmark, which needs no name beside it. */
  wide: boolean;
};

const maxLogoBytes = 512 * 1024;
const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');

/** Reads `pages.logo`. Throws CardeaError that names the file and what to do. */
export function readLogo(path: string): Logo {
  let body: Buffer;
  try {
    body = readFileSync(path);
  } catch (cause) {
    throw unusableLogo(path, 'cannot be read', cause);
  }
  if (body.length > maxLogoBytes)
    throw unusableLogo(path, `is larger than ${maxLogoBytes / 1024} KiB`);
  if (body.subarray(0, 8).equals(pngSignature) && body.length >= 24) {
    return { body, type: 'image/png', wide: isWide(body.readUInt32BE(16), body.readUInt32BE(20)) };
  }
  const root = /<svg\b[^>]*>/.exec(body.toString('utf8', 0, 64 * 1024))?.[0];
  if (root) return { body, type: 'image/svg+xml', wide: isWide(...svgSize(root)) };
  throw unusableLogo(path, 'is neither SVG nor PNG');
}

function svgSize(root: string): [number, number] {
  const box = /\bviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(root);
  const [, width, height] = box ?? [];
  const attribute = (name: string) =>
    new RegExp(`\\s${name}\\s*=\\s*["']([\\d.]+)`).exec(root)?.[1];
  return [Number(width ?? attribute('width')), Number(height ?? attribute('height'))];
}

function isWide(width: number, height: number): boolean {
  return width >= 2 * height;
}

function unusableLogo(path: string, problem: string, cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'invalid_configuration',
    status: 500,
    message: `pages.logo: ${path} ${problem}. Use an SVG or PNG file, or remove pages.logo.`,
    cause,
  });
}
