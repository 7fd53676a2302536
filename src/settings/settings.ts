/**
 * Reads and changes the settings. Each process holds what is effective; its next look at the changes of the store sees
 * what another process has changed.
 */
import type { AuditContext, AuditSink } from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind, copyMarker } from '../caching/change_markers.ts';
import { followCopy } from '../caching/followed_copy.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { DeclarationPlaces } from '../declaration/room.ts';
import { CardeaError } from '../errors.ts';
import { parseFields } from '../input_check.ts';
import { updateDocument } from '../storage/change_document.ts';
import type { DocumentStore } from '../storage/documents.ts';
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
   * `patch`: a merge patch of the settings; a logo is base64 of a PNG or SVG. `dryRun`: returns what would be. Throws
   * InvalidFieldsError, CardeaError `managed_by_file`, and `conflict` when the version is not the expected one.
   */
  change(
    patch: unknown,
    by: AuditContext,
    options?: { expectedVersion?: number | undefined; dryRun?: boolean },
  ): Promise<SettingsView>;
};

const documentName = 'settings';

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
  audit: AuditSink;
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

  const view = (of: number, value: SettingsDocument) =>
    viewOf(of, withoutDeclared(value, places), declared, places);

  return {
    effective: () => effective,

    async read() {
      const found = await documents.get<SettingsDocument>(documentName);
      return view(found?.version ?? 0, found?.value ?? { pages: {} });
    },

    async change(patch, by, { expectedVersion, dryRun = false } = {}) {
      const { pages: wanted = {} } = parseFields(settingsPatchSchema, patch);
      const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
      const names = given.map(([name]) => `pages.${name}`);
      for (const name of names) places.requireNotManaged('setting', name);
      const decide = (value: SettingsDocument = { pages: {} }, found = 0): SettingsDocument => {
        if (expectedVersion !== undefined && found !== expectedVersion) throw settingsConflict();
        const merged = Object.entries({ ...value.pages, ...Object.fromEntries(given) });
        return { pages: Object.fromEntries(merged.filter(([, one]) => one !== null)) };
      };
      if (dryRun) {
        const found = await documents.get<SettingsDocument>(documentName);
        return view(found?.version ?? 0, decide(found?.value, found?.version));
      }
      const changed = await updateDocument<SettingsDocument>(documents, documentName, decide);
      await announce(copyChangedKind, 'settings');
      await watch.catchUp();
      await audit.record({
        ...{ type: 'settings.updated', outcome: 'success', ...by },
        details: { settings: names },
      });
      return view(changed.version, changed.value);
    },
  };
}

function settingsConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else changed the settings at the same time. Check them and try again.',
  });
}
