/**
 * Reads and changes the settings. Each process holds what is effective; its next look at the changes of the store sees
 * what another process has changed.
 */
import { type ChangeContext, type ChangeSink, changeOf, onRecord } from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind, copyMarker } from '../caching/change_markers.ts';
import { followCopy } from '../caching/followed_copy.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { parseFields } from '../input_check.ts';
import { updateDocument } from '../storage/change_document.ts';
import { requireVersion } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { type PageSettings, type SettingsDocument, settingsPatchSchema } from './setting_values.ts';
import { type SettingsView, viewOf, withoutDeclared } from './settings_view.ts';

/** What pages go by. The same object as long as nothing changes. */
export type EffectiveSettings = {
  pages: Pick<Declaration['pages'], 'name' | 'accent' | 'documentation' | 'logo'>;
  /** In place of the file `pages.logo`. */
  uploadedLogo: Buffer | undefined;
};

export type Settings = {
  /** As of this process's last look. */
  effective(): EffectiveSettings;
  /** As they are now. */
  read(): Promise<SettingsView>;
  /**
   * `patch`: a merge patch of the settings; a logo is base64 of a PNG or SVG. Throws InvalidFieldsError, CardeaError
   * `managed_by_file` and `version_mismatch`.
   */
  change(patch: unknown, by: ChangeContext): Promise<SettingsView>;
};

const documentName = 'settings';
const target = { kind: 'settings', id: 'settings' } as const;
const noSettings = { version: 0, value: { pages: {} } };

export function createSettings({
  declared,
  places,
  documents,
  announce,
  watch,
  audit,
  clock,
}: {
  /** Of the file, with its defaults. */
  declared: Declaration['pages'];
  places: DeclarationPlaces;
  documents: DocumentStore;
  announce: AnnounceChange;
  watch: MarkerWatch;
  audit: ChangeSink;
  clock: Clock;
}): Settings {
  let effective = effectiveOf({});

  function effectiveOf({ logo, ...own }: PageSettings): EffectiveSettings {
    return {
      pages: { ...declared, ...own },
      uploadedLogo: logo === undefined ? undefined : Buffer.from(logo, 'base64'),
    };
  }

  let version = 0;
  followCopy({
    ...{ watch, clock, name: copyMarker('settings') },
    async read() {
      const found = await documents.get<SettingsDocument>(documentName);
      if (!found || found.version === version) return;
      version = found.version;
      effective = effectiveOf(withoutDeclared(found.value, places));
    },
  });

  const current = async () => (await documents.get<SettingsDocument>(documentName)) ?? noSettings;
  const view = (of: number, value: SettingsDocument) =>
    viewOf(of, withoutDeclared(value, places), declared, places);

  return {
    effective: () => effective,

    async read() {
      const { version: of, value } = await current();
      return view(of, value);
    },

    async change(patch, by) {
      const { pages: wanted = {} } = parseFields(settingsPatchSchema, patch);
      const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
      const names = given.map(([name]) => `pages.${name}`);
      for (const name of names) places.requireNotManaged('setting', name);
      const before = await current();
      const decide = (value: SettingsDocument, found: number): SettingsDocument => {
        requireVersion({ version: found }, by);
        const merged = Object.entries({ ...value.pages, ...Object.fromEntries(given) });
        const next = { pages: Object.fromEntries(merged.filter(([, one]) => one !== null)) };
        return isSameRecord(next, value) ? value : next;
      };
      // A document is made for a change only.
      if (decide(before.value, before.version) === before.value) {
        return view(before.version, before.value);
      }
      const changed = await updateDocument<SettingsDocument>(
        documents,
        documentName,
        (value = noSettings.value, found) => decide(value, found),
        (write, { before: was = noSettings.value, after: is }) =>
          audit.recordChange(
            {
              ...{ type: 'settings.updated', outcome: 'success' },
              ...{ ...onRecord(by), ...changeOf(target, was, is) },
            },
            (event) => write([event]),
          ),
      );
      await announce(copyChangedKind, 'settings');
      await watch.catchUp();
      return view(changed.version, changed.value);
    },
  };
}
