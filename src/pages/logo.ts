/**
 * The operator's logo: read once, recognised by its content, measured. Owns no serving.
 */
import { readFileSync } from 'node:fs';
import { CardeaError } from '../errors.ts';

export type Logo = {
  body: Buffer;
  type: 'image/png' | 'image/svg+xml';
  /** At least twice as wide as high: a word mark, which needs no name beside it. */
  wide: boolean;
};

const maxBytes = 512 * 1024;
const pngSignature = Buffer.from('89504e470d0a1a0a', 'hex');

/** Reads `pages.logo`. Throws a CardeaError that names the file and the remedy. */
export function readLogo(path: string): Logo {
  let body: Buffer;
  try {
    body = readFileSync(path);
  } catch (cause) {
    throw unusable(path, 'can not be read', cause);
  }
  if (body.length > maxBytes) throw unusable(path, `is larger than ${maxBytes / 1024} KiB`);
  if (body.subarray(0, 8).equals(pngSignature) && body.length >= 24) {
    return { body, type: 'image/png', wide: isWide(body.readUInt32BE(16), body.readUInt32BE(20)) };
  }
  const root = /<svg\b[^>]*>/.exec(body.toString('utf8', 0, 64 * 1024))?.[0];
  if (root) return { body, type: 'image/svg+xml', wide: isWide(...svgSize(root)) };
  throw unusable(path, 'is neither SVG nor PNG');
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

function unusable(path: string, problem: string, cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'invalid_configuration',
    status: 500,
    message: `pages.logo: ${path} ${problem}; give an SVG or PNG file, or leave pages.logo out`,
    cause,
  });
}
