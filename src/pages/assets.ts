/**
 * The files that pages load: styles, script, logo, icon. All are held in memory and named by their
 * content, so a browser may keep them for ever. Owns what is served, not the serving.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Declaration } from '../config/schema/declaration.ts';
import { textOn } from './colours.ts';
import { readLogo } from './logo.ts';
import { themeStylesheet } from './theme.ts';

export type Asset = {
  body: Buffer;
  /** Content-Type. */
  type: string;
  /** With its quotes, as the header carries it. */
  etag: string;
  cacheControl: string;
  /** Content-Security-Policy, for what a browser could run if it were opened by itself. */
  contentSecurityPolicy?: string | undefined;
};

export type Assets = {
  /** By path below the issuer's, such as `/assets/cardea.0123456789ab.css`. */
  files: ReadonlyMap<string, Asset>;
  /** What a page refers to; these include `basePath`. */
  urls: {
    stylesheet: string;
    theme: string;
    script: string;
    icon: string;
    logo: { url: string; wide: boolean };
  };
};

const forEver = 'public, max-age=31536000, immutable';
const forADay = 'public, max-age=86400';
/** A picture stays a picture: no script, no request, no access to our origin. */
const pictureOnly = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Reads everything once. `basePath` is the path of the issuer URL without a slash at its end, empty
 * for an issuer at the root. Throws a CardeaError when the operator's logo is not usable.
 */
export function createAssets({
  pages,
  basePath = '',
}: {
  pages: Declaration['pages'];
  basePath?: string;
}): Assets {
  const files = new Map<string, Asset>();
  const add = (name: string, extension: string, type: string, body: Buffer): string => {
    const asset = describe(type, body, forEver);
    const path = `/assets/${name}.${asset.etag.slice(1, 13)}.${extension}`;
    files.set(path, asset);
    return basePath + path;
  };

  const logo = pages.logo ? readLogo(pages.logo) : ownMark(pages.accent);
  const icon = logo.wide ? ownMark(pages.accent) : logo;
  files.set('/favicon.ico', describe(icon.type, icon.body, forADay));

  const picture = (name: string, { type, body }: { type: string; body: Buffer }) =>
    add(name, type === 'image/png' ? 'png' : 'svg', type, body);
  const css = 'text/css; charset=utf-8';
  return {
    files,
    urls: {
      stylesheet: add('cardea', 'css', css, read('styles/cardea.css')),
      theme: add('theme', 'css', css, Buffer.from(themeStylesheet(pages.accent))),
      script: add('cardea', 'js', 'text/javascript; charset=utf-8', read('scripts/cardea.js')),
      icon: picture('icon', icon),
      logo: { url: picture('logo', logo), wide: logo.wide },
    },
  };
}

/** Cardea's own mark in the operator's colour. */
function ownMark(accent: string) {
  const drawing = read('pictures/mark.svg')
    .toString()
    .replaceAll('#4f46e5', accent)
    .replaceAll('#ffffff', textOn(accent));
  return { body: Buffer.from(drawing), type: 'image/svg+xml', wide: false };
}

function read(name: string): Buffer {
  return readFileSync(new URL(`../../views/${name}`, import.meta.url));
}

function describe(type: string, body: Buffer, cacheControl: string): Asset {
  const etag = `"${hash('sha256', body, 'hex').slice(0, 32)}"`;
  const contentSecurityPolicy = type === 'image/svg+xml' ? pictureOnly : undefined;
  return { body, type, etag, cacheControl, contentSecurityPolicy };
}
