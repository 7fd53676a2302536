/**
 * Keeps the registry of a process in line with the APIs of the store: the next request on every node sees a change.
 */
import { z } from 'zod';
import { copyMarker } from '../caching/change_markers.ts';
import { followCopy } from '../caching/followed_copy.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import { scopesOfPeople } from '../config/schema/api_names.ts';
import { type ApiDeclaration, apiShape, type Declaration } from '../config/schema/declaration.ts';
import type { ApiRecord, ApiStore } from '../storage/apis.ts';
import type { StoredApi } from './registry.ts';

export type ApiLog = { warn(fields: object, message: string): void };

/** Members that a newer program knows are left out, those that an older one did not know have their default. */
const storedSchema = z.object(apiShape.shape);
const pageSize = 500;

/** The members of a stored API. Undefined where they are none of this program's. */
export function declarationOf({
  identifier,
  aliases,
  members,
}: ApiRecord): ApiDeclaration | undefined {
  return storedSchema.safeParse({ ...members, identifier, aliases }).data;
}

/** All of them. Throws StoreUnavailableError. */
export async function readApis(store: Pick<ApiStore, 'list'>): Promise<ApiRecord[]> {
  const all: ApiRecord[] = [];
  for (;;) {
    const page = await store.list({ after: all.at(-1)?.identifier, limit: pageSize });
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

/** From the watch's next catchUp() on, the registry has the stored APIs as of then. */
export function followStoredApis({
  registry,
  store,
  scopes,
  watch,
  clock,
  log,
}: {
  registry: { adopt(stored: readonly StoredApi[]): void };
  store: Pick<ApiStore, 'list'>;
  /** Those about people, of the declarative file. */
  scopes: Declaration['scopes'];
  watch: MarkerWatch;
  clock: Clock;
  log: ApiLog;
}): void {
  const warned = new Set<string>();
  const warn = (fields: { api: string }, message: string) => {
    const text = JSON.stringify({ fields, message });
    if (!warned.has(text)) log.warn(fields, message);
    warned.add(text);
  };

  const toStored = (record: ApiRecord): StoredApi[] => {
    const { identifier: api, since, disabledAt } = record;
    const declaration = declarationOf(record);
    if (!declaration) {
      warn({ api }, 'a stored API cannot be read, and nothing is issued for it');
      return [];
    }
    // The file may have come to declare one of its scopes as one about people, whose claims it then releases.
    const taken = scopesOfPeople(declaration, scopes);
    if (taken.length > 0) {
      const fields = { api, scopes: taken.join(' ') };
      warn(fields, 'a stored API has scopes that are about people, and does without them');
    }
    const own = Object.entries(declaration.scopes).filter(([name]) => !taken.includes(name));
    return [
      {
        declaration: { ...declaration, scopes: Object.fromEntries(own) },
        ...{ since, isDisabled: disabledAt !== undefined },
      },
    ];
  };

  followCopy({
    ...{ watch, clock, name: copyMarker('apis') },
    read: async () => registry.adopt((await readApis(store)).flatMap(toStored)),
  });
}
