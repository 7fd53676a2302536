/**
 * Settings that change while the server runs: how the pages look. Owns their document and what is effective of it and of
 * the declarative file, which wins. What pages make of it is up to pages/.
 */

export { settingsPatchSchema } from './setting_values.ts';
export { createSettings, type EffectiveSettings, type Settings } from './settings.ts';
export type { SettingsView } from './settings_view.ts';
