/**
 * Operations on the settings that change while the server runs.
 */
import { z } from 'zod';
import { serverLimits } from '../../definitions/limits.ts';
import { settingsPatchSchema } from '../../settings/room.ts';
import { operation } from '../operation.ts';
import { checkedByService, nothing } from '../schemas.ts';
import { settingsSchema, settingsView } from '../views/settings_view.ts';

const tag = 'Settings';

export const getSettings = operation({
  id: 'getSettings',
  method: 'GET',
  path: '/settings',
  tag,
  summary: 'Read the settings',
  scope: 'settings:read',
  params: nothing,
  query: nothing,
  body: z.undefined(),
  result: settingsSchema,
  async run({ services }) {
    const view = await services.settings.read();
    return { result: settingsView(view), version: view.version };
  },
});

export const patchSettings = operation({
  id: 'patchSettings',
  method: 'PATCH',
  path: '/settings',
  tag,
  summary: 'Change settings',
  description: 'The next page that any node makes goes by them. A logo is a PNG or SVG as base64.',
  scope: 'settings:write',
  errors: ['managed_by_file'],
  events: ['settings.updated'],
  bodyLimit: serverLimits.settings,
  versioned: true,
  params: nothing,
  query: nothing,
  body: checkedByService(settingsPatchSchema, 'SettingsPatch'),
  result: settingsSchema,
  async run({ body, by, services }) {
    const view = await services.settings.change(body, by);
    return { result: settingsView(view), version: view.version };
  },
});

export const settingsOperations = [getSettings, patchSettings] as const;
