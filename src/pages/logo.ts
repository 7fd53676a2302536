/**
 * The operator's logo: a file that is read once, or what was uploaded.
 */
import { readFileSync } from 'node:fs';
import { longestPicture, type PictureType, pictureOf } from '../definitions/pictures.ts';
import { CardeaError } from '../errors.ts';
import { textOn } from './colors.ts';

export type Logo = {
  body: Buffer;
  type: PictureType;
  /** At least twice as wide as high: a wordmark, which needs no name beside it. */
  wide: boolean;
};

/** Reads `pages.logo`. Throws CardeaError that names the file and what to do. */
export function readLogo(path: string): Logo {
  let body: Buffer;
  try {
    body = readFileSync(path);
  } catch (cause) {
    throw unusableLogo(path, 'cannot be read', cause);
  }
  if (body.length > longestPicture)
    throw unusableLogo(path, `is larger than ${longestPicture / 1024} KiB`);
  const picture = pictureOf(body);
  if (!picture) throw unusableLogo(path, 'is neither SVG nor PNG');
  return { body, ...picture };
}

/** Cardea's own logo in the operator's color. */
export function ownLogo(accent: string): Logo {
  const drawing = readFileSync(new URL('../../views/pictures/mark.svg', import.meta.url), 'utf8')
    .replaceAll('#4f46e5', accent)
    .replaceAll('#ffffff', textOn(accent));
  return { body: Buffer.from(drawing), type: 'image/svg+xml', wide: false };
}

function unusableLogo(path: string, problem: string, cause?: unknown): CardeaError {
  return new CardeaError({
    code: 'invalid_configuration',
    status: 500,
    message: `pages.logo: ${path} ${problem}. Use an SVG or PNG file, or remove pages.logo.`,
    cause,
  });
}
