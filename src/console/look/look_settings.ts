/**
 * The settings of the look as a form has them, and back: what was typed, the patch that saves it, and the look that a
 * preview shows of it.
 */
import type { z } from 'zod';
import type { getSettings } from '../../admin/room.ts';
import { pagesShape } from '../../config/schema/declaration.ts';
import { hasActiveContent, longestPicture, pictureOf } from '../../definitions/pictures.ts';
import type { Look } from '../../pages/look_preview.ts';

export type LookSettings = z.input<(typeof getSettings)['result']>;

const textNames = ['name', 'accent', 'documentation'] as const;
type TextName = (typeof textNames)[number];
export const settingNames = [...textNames, 'logo'] as const;
export type SettingName = (typeof settingNames)[number];

export type TypedLook = Record<TextName, string> & {
  /** As base64; empty: the logo stays. */
  logo: string;
  removesLogo: boolean;
};

export const defaultLook = pagesShape.parse({});

export function originOf({ origins }: LookSettings, name: SettingName) {
  return origins[`pages.${name}`] ?? { managed_by: 'default' as const };
}

/** Whether operators decide it. */
export function isEditable(settings: LookSettings, name: SettingName): boolean {
  return originOf(settings, name).managed_by !== 'file';
}

/** What operators have set. */
export function changedNames(settings: LookSettings): readonly SettingName[] {
  return settingNames.filter((name) => originOf(settings, name).managed_by === 'operator');
}

/** As stored: what nobody has set is empty. */
export function storedLook(settings: LookSettings): TypedLook {
  const own = (name: TextName) =>
    originOf(settings, name).managed_by === 'operator' ? (settings.pages[name] ?? '') : '';
  return {
    ...{ name: own('name'), accent: own('accent'), documentation: own('documentation') },
    ...{ logo: '', removesLogo: false },
  };
}

/** A picture that came with a preview comes back in a field of its own, as browsers fill in no files. */
export function typedLook(form: URLSearchParams): TypedLook {
  const text = (name: string) => form.get(name)?.trim() ?? '';
  return {
    ...{ name: text('name'), accent: text('accent'), documentation: text('documentation') },
    logo: text('logo') || text('logo_kept'),
    removesLogo: form.has('remove_logo'),
  };
}

/** A merge patch. What is empty goes back to the default. */
export function patchOf(typed: TypedLook, settings: LookSettings) {
  const texts = textNames
    .filter((name) => isEditable(settings, name))
    .map((name) => [name, typed[name] || null]);
  const logo = typed.removesLogo ? null : typed.logo || undefined;
  return {
    pages: {
      ...Object.fromEntries(texts),
      ...(isEditable(settings, 'logo') && logo !== undefined && { logo }),
    },
  };
}

/** What is no name or no colour yet is as it is stored. */
export function lookOf(typed: TypedLook, { pages, ...rest }: LookSettings): Look {
  const settings = { pages, ...rest };
  const { name, accent } = pagesShape.shape;
  const valid = (schema: z.ZodType<string>, text: TextName) => {
    if (!isEditable(settings, text)) return pages[text] ?? '';
    if (typed[text] === '') return String(defaultLook[text] ?? '');
    return schema.safeParse(typed[text]).success ? typed[text] : (pages[text] ?? '');
  };
  return {
    ...{ name: valid(name, 'name'), accent: valid(accent, 'accent').toLowerCase() },
    logo: logoOf(typed, settings),
  };
}

function logoOf({ logo, removesLogo }: TypedLook, settings: LookSettings): Look['logo'] {
  const stored = settings.pages.logo ? 'current' : 'own';
  if (!isEditable(settings, 'logo')) return stored;
  if (removesLogo) return 'own';
  return logo === '' ? stored : (pictureIn(logo) ?? stored);
}

/** Undefined: it is no picture that can be a logo. */
export function pictureIn(base64: string): Buffer | undefined {
  const body = Buffer.from(base64, 'base64');
  const picture = body.length <= longestPicture ? pictureOf(body) : undefined;
  if (!picture) return undefined;
  return picture.type === 'image/svg+xml' && hasActiveContent(body) ? undefined : body;
}

/** `PNG, 12 KiB` */
export function logoText({ pages: { logo } }: LookSettings): string {
  if (!logo) return 'Cardea’s own mark, in the accent';
  if ('path' in logo) return logo.path;
  const kind = logo.media_type === 'image/png' ? 'PNG' : 'SVG';
  return `${kind}, ${Math.ceil(logo.bytes / 1024)} KiB`;
}
