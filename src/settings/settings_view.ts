/**
 * The settings as operators see them: what is effective, and who decided it.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { pictureOf } from '../definitions/pictures.ts';
import { type PageSettings, pageSettingNames, type SettingsDocument } from './setting_values.ts';

type SettingName = `pages.${keyof PageSettings}`;

/** `place`: where in the file, for `file`. */
type SettingOrigin = { by: 'file' | 'operator' | 'default'; place?: string | undefined };

export type SettingsView = {
  /** Grows by 1 with each change; 0: there was none. */
  version: number;
  pages: {
    name: string;
    accent: string;
    documentation?: string | undefined;
    /** Of what was uploaded; a logo of the file is named by its path there. */
    logo?: { media_type: string; bytes: number } | { path: string } | undefined;
  };
  origins: Record<SettingName, SettingOrigin>;
};

/** What the document says where the file says nothing. */
export function withoutDeclared(
  { pages }: SettingsDocument,
  { placeOf }: Pick<DeclarationPlaces, 'placeOf'>,
): PageSettings {
  const own = Object.entries(pages).filter(
    ([name]) => placeOf('setting', `pages.${name}`) === undefined,
  );
  return Object.fromEntries(own);
}

export function viewOf(
  version: number,
  own: PageSettings,
  declared: Declaration['pages'],
  { placeOf }: Pick<DeclarationPlaces, 'placeOf'>,
): SettingsView {
  const originOf = (name: keyof PageSettings): SettingOrigin => {
    const place = placeOf('setting', `pages.${name}`);
    if (place !== undefined) return { by: 'file', place };
    return { by: own[name] === undefined ? 'default' : 'operator' };
  };
  const { name, accent, documentation } = { ...declared, ...own };
  return {
    version,
    pages: { name, accent, documentation, logo: logoOf(own, declared) },
    origins: Object.fromEntries(
      pageSettingNames.map((setting) => [`pages.${setting}`, originOf(setting)]),
    ) as SettingsView['origins'],
  };
}

function logoOf({ logo }: PageSettings, declared: Declaration['pages']) {
  if (logo !== undefined) {
    const body = Buffer.from(logo, 'base64');
    return { media_type: pictureOf(body)?.type ?? '', bytes: body.length };
  }
  return declared.logo === undefined ? undefined : { path: declared.logo };
}
