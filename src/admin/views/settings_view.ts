/**
 * The settings as the admin API shows them: what is effective, and who decided it.
 */
import { z } from 'zod';
import type { SettingsView } from '../../settings/room.ts';

const pages = z.object({
  name: z.string(),
  accent: z.string().describe('A colour, such as `#3355cc`.'),
  documentation: z.string().optional(),
  logo: z
    .union([
      z.object({ media_type: z.string(), bytes: z.int() }),
      z.object({ path: z.string().describe('In the declarative file.') }),
    ])
    .optional()
    .describe('What was uploaded, or what the declarative file names.'),
});

export const settingsSchema = z
  .object({
    pages,
    origins: z
      .record(
        z.string(),
        z.object({
          managed_by: z.enum(['file', 'operator', 'default']),
          managed_at: z.string().optional().describe('Where in the declarative file.'),
        }),
      )
      .describe('Who decided it, by setting: `pages.name`.'),
  })
  .meta({ id: 'Settings' });

export function settingsView({ pages: shown, origins }: SettingsView) {
  const managed = Object.entries(origins).map(([name, { by, place }]) => [
    name,
    { managed_by: by, ...(place !== undefined && { managed_at: place }) },
  ]);
  return { pages: shown, origins: Object.fromEntries(managed) };
}
