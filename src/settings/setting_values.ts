/**
 * The settings that operators change while the server runs, under the rules of the declarative file. Whatever decides
 * over security is not among them: it changes with the file, where reviews see it.
 */
import { z } from 'zod';
import { pagesShape } from '../config/schema/declaration.ts';
import { hasActiveContent, longestPicture, pictureOf } from '../definitions/pictures.ts';

const { name, accent, documentation } = pagesShape.shape;

/** A picture as base64. */
const picture = z
  .base64({ error: 'must be base64' })
  .max(Math.ceil(longestPicture / 3) * 4, `must have at most ${longestPicture / 1024} KiB`)
  .superRefine((text, context) => {
    const body = Buffer.from(text, 'base64');
    const found = pictureOf(body);
    const message = !found
      ? 'must be a PNG or SVG picture'
      : found.type === 'image/svg+xml' && hasActiveContent(body)
        ? 'must be a plain drawing: without scripts, event handlers, entities, and addresses of others'
        : undefined;
    if (message) context.addIssue({ code: 'custom', message });
  });

const pageSettings = {
  name: name.unwrap(),
  accent: accent.unwrap(),
  documentation: documentation.unwrap(),
  logo: picture,
};

const optional = <T extends z.ZodType>(schema: T) => schema.nullable().optional();

/** A merge patch (RFC 7396): null goes back to the default. */
export const settingsPatchSchema = z
  .strictObject({
    pages: z
      .strictObject({
        name: optional(pageSettings.name),
        accent: optional(pageSettings.accent),
        documentation: optional(pageSettings.documentation),
        logo: optional(pageSettings.logo),
      })
      .optional(),
  })
  .describe('Settings to change; null goes back to the default.');

export type PageSettings = {
  [Name in keyof typeof pageSettings]?: z.output<(typeof pageSettings)[Name]>;
};

/** What is kept. */
export type SettingsDocument = { pages: PageSettings };

export const pageSettingNames = Object.keys(pageSettings) as (keyof PageSettings)[];
