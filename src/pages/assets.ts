/**
 * The files that pages load: styles, script, logo, icon. All are in memory and named by their content, so
 * browsers can cache them forever. Owns what is served, not the serving.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Declaration } from '../config/schema/declaration.ts';
import { pictureOf } from '../definitions/pictures.ts';
import { ownLogo, readLogo } from './logo.ts';
import { type ColorScheme, themeStylesheet } from './theme.ts';

export type Asset = {
  body: Buffer;
  /** Content-Type. */
  type: string;
  /** With quotes, as in the header. */
  etag: string;
  cacheControl: string;
  /** Content-Security-Policy for files that a browser could run if opened on their own. */
  contentSecurityPolicy?: string | undefined;
  /** Pages of other sites may show it: a web mailer shows the logo of a mail. */
  isShownElsewhere?: boolean;
};

export type Assets = {
  /** By path below the issuer's, such as `/assets/cardea.0123456789ab.css`. */
  files: ReadonlyMap<string, Asset>;
  /** What pages refer to. Includes `basePath`. */
  urls: {
    stylesheet: string;
    /** The same for one color scheme alone, whatever the browser prefers: for previews. */
    stylesheetFor: Record<ColorScheme, string>;
    theme: string;
    script: string;
    /** Of pages where a password is chosen, and the module that it shares with the server. */
    passwords: string;
    ownWords: string;
    /** Of pages that use passkeys. */
    passkeys: string;
    /** Of the page where a registration begins. */
    signUp: string;
    /** Of the inspector: styles, its page's script, the request tester's, and the modules that both run. */
    inspector: { stylesheet: string; script: string; requests: string; modules: string };
    console: { stylesheet: string; script: string };
    account: { stylesheet: string; script: string };
    icon: string;
    logo: { url: string; wide: boolean };
  };
};

/** What the inspector runs on the server and in browsers alike. */
const moduleFolder = fileURLToPath(new URL('../inspection/portable', import.meta.url));

/** So is what finds a person's own words in a password. */
const ownWords = fileURLToPath(new URL('../users/own_words.js', import.meta.url));

const forEver = 'public, max-age=31536000, immutable';
const forADay = 'public, max-age=86400';
/** A picture stays a picture: no script, no request, no access to our origin. */
const pictureOnly = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * Reads everything once. `basePath` is the path of the issuer URL without a trailing slash, empty for an
 * issuer at the root. Throws CardeaError if the operator's logo is not usable.
 */
export function createAssets({
  pages,
  logo: picture,
  basePath = '',
}: {
  pages: Partial<Pick<Declaration['pages'], 'logo'>> & Pick<Declaration['pages'], 'accent'>;
  /** The logo itself, in place of the file that `pages` names. */
  logo?: Buffer | undefined;
  basePath?: string;
}): Assets {
  const files = new Map<string, Asset>();
  const add = (name: string, extension: string, type: string, body: Buffer): string => {
    const asset = toAsset(type, body, forEver);
    const path = `/assets/${name}.${asset.etag.slice(1, 13)}.${extension}`;
    files.set(path, asset);
    return basePath + path;
  };

  /** Modules import each other by name, so all of them are below one address that changes with any of them. */
  const addModules = (type: string): string => {
    const names = readdirSync(moduleFolder).filter((name) => name.endsWith('.js'));
    const modules = names.map((name) => ({ name, body: readFileSync(join(moduleFolder, name)) }));
    const all = toAsset(type, Buffer.concat(modules.map(({ body }) => body)), forEver);
    const folder = `/assets/inspection.${all.etag.slice(1, 13)}`;
    for (const { name, body } of modules)
      files.set(`${folder}/${name}`, toAsset(type, body, forEver));
    return basePath + folder;
  };

  const known = picture && pictureOf(picture);
  const declared = () => (pages.logo ? readLogo(pages.logo) : ownLogo(pages.accent));
  const logo = known ? { body: picture, ...known } : declared();
  const icon = logo.wide ? ownLogo(pages.accent) : logo;
  files.set('/favicon.ico', toAsset(icon.type, icon.body, forADay));

  const addPicture = (name: string, { type, body }: { type: string; body: Buffer }) =>
    add(name, type === 'image/png' ? 'png' : 'svg', type, body);
  const addLogo = () => {
    const url = addPicture('logo', logo);
    const asset = files.get(url.slice(basePath.length));
    if (asset && logo.type === 'image/png') asset.isShownElsewhere = true;
    return url;
  };
  const css = 'text/css; charset=utf-8';
  const script = 'text/javascript; charset=utf-8';
  return {
    files,
    urls: {
      stylesheet: add('cardea', 'css', css, readView('styles/cardea.css')),
      stylesheetFor: {
        light: add('cardea-light', 'css', css, stylesheetFor('light')),
        dark: add('cardea-dark', 'css', css, stylesheetFor('dark')),
      },
      theme: add('theme', 'css', css, Buffer.from(themeStylesheet(pages.accent))),
      script: add('cardea', 'js', script, readView('scripts/cardea.js')),
      signUp: add('sign_up', 'js', script, readView('scripts/sign_up.js')),
      passwords: add('passwords', 'js', script, readView('scripts/passwords.js')),
      ownWords: add('own_words', 'js', script, readFileSync(ownWords)),
      passkeys: add('passkeys', 'js', script, readView('scripts/passkeys.js')),
      inspector: {
        stylesheet: add('inspector', 'css', css, readView('styles/inspector.css')),
        script: add('inspector', 'js', script, readView('scripts/inspector.js')),
        requests: add('requests', 'js', script, readView('scripts/requests.js')),
        modules: addModules(script),
      },
      console: {
        stylesheet: add('console', 'css', css, readView('styles/console.css')),
        script: add('console', 'js', script, readView('scripts/console.js')),
      },
      account: {
        stylesheet: add('account', 'css', css, readView('styles/account.css')),
        script: add('account', 'js', script, readView('scripts/account.js')),
      },
      icon: addPicture('icon', icon),
      logo: { url: addLogo(), wide: logo.wide },
    },
  };
}

/** What the dark scheme changes always holds, or never. */
function stylesheetFor(scheme: ColorScheme): Buffer {
  const text = readView('styles/cardea.css')
    .toString()
    .replace('color-scheme: light dark;', `color-scheme: ${scheme};`)
    .replaceAll('(prefers-color-scheme: dark)', scheme === 'dark' ? 'all' : 'not all');
  return Buffer.from(text);
}

function readView(name: string): Buffer {
  return readFileSync(new URL(`../../views/${name}`, import.meta.url));
}

function toAsset(type: string, body: Buffer, cacheControl: string): Asset {
  const etag = `"${hash('sha256', body, 'hex').slice(0, 32)}"`;
  const contentSecurityPolicy = type === 'image/svg+xml' ? pictureOnly : undefined;
  return { body, type, etag, cacheControl, contentSecurityPolicy };
}
