/**
 * The tiers as of a process's last look at the changes of the store: what requests are limited by.
 */
import { copyMarker } from '../caching/change_markers.ts';
import { followCopy } from '../caching/followed_copy.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { ApiKeysDeclaration } from '../config/schema/api_keys.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { effectiveTiers, noTiers, readTiers } from './tiers_document.ts';

/** The configuration of API keys, with the tiers that hold at the time of each access. */
export function createLiveTiers({
  declared,
  documents,
  watch,
  clock,
}: {
  declared: ApiKeysDeclaration;
  documents: Pick<DocumentStore, 'get'>;
  watch: MarkerWatch;
  clock: Clock;
}): ApiKeysDeclaration {
  let version = 0;
  let effective = effectiveTiers(declared, noTiers);
  followCopy({
    ...{ watch, clock, name: copyMarker('tiers') },
    async read() {
      const found = await readTiers(documents);
      if (found.version === version) return;
      version = found.version;
      effective = effectiveTiers(declared, found.value);
    },
  });
  return {
    ...declared,
    get tiers() {
      return effective.tiers;
    },
    get default_tier() {
      return effective.default_tier;
    },
  };
}
