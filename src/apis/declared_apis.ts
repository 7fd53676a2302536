/**
 * APIs in the declarative file: at each start the file decides what it names, whoever made the API. They are kept in the
 * store as well, so that one that is taken out of the file stays, as clients and users do, and so that no other API gets
 * one of their names. What the file cannot express (disabled) stays. Nothing is written unless something differs.
 */
import { byFile } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { ApiDeclaration } from '../config/schema/declaration.ts';
import type { ApiRecord, ApiStore } from '../storage/apis.ts';
import { changeRecord } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { DuplicateError } from '../storage/errors.ts';
import { isSameRecord } from '../storage/same_record.ts';
import type { RecordedApis } from './recorded_apis.ts';
import { removedAt } from './removed_apis.ts';
import { readApis } from './stored_apis.ts';

/**
 * Identifiers. `takenOver`: those that somebody had made while the server ran; `lostAlias`: APIs that lost an alias to one of
 * the file.
 */
export type DeclaredApis = { updated: string[]; takenOver: string[]; lostAlias: string[] };

type Writing = {
  store: Pick<ApiStore, 'find' | 'list'>;
  recorded: Pick<RecordedApis, 'create' | 'update'>;
  documents: DocumentStore;
  clock: Clock;
  /** Tells every process. */
  changed: () => Promise<void>;
};

/** The APIs were checked together with the file. Safe in several processes at once. */
export async function declareApis(
  declarations: readonly ApiDeclaration[],
  { store, recorded, documents, clock, changed }: Writing,
): Promise<DeclaredApis> {
  const result: DeclaredApis = { updated: [], takenOver: [], lostAlias: [] };
  const stored = new Map((await readApis(store)).map((record) => [record.identifier, record]));
  let isChanged = false;
  for (const declaration of declarations) {
    const known = stored.get(declaration.identifier);
    if (known && isSameRecord({ ...known, ...wantedOf(declaration) }, known)) continue;
    await freeNames(declaration);
    if (!(await declare(declaration))) continue;
    isChanged = true;
    if (known) result.updated.push(declaration.identifier);
    if (known?.source === 'operator') result.takenOver.push(declaration.identifier);
  }
  if (isChanged) await changed();
  return result;

  /** An alias of another API gives way. An identifier does not: that API would be another one. */
  async function freeNames({ identifier, aliases }: ApiDeclaration): Promise<void> {
    const names = new Set([identifier, ...aliases]);
    for (const other of stored.values()) {
      const isTaken = (alias: string) => names.has(alias);
      if (other.identifier === identifier || !other.aliases.some(isTaken)) continue;
      const { changed: isNew } = await change(other.identifier, (found) =>
        found.aliases.some(isTaken)
          ? { aliases: found.aliases.filter((alias) => !isTaken(alias)) }
          : undefined,
      );
      if (!isNew) continue;
      isChanged = true;
      result.lostAlias.push(other.identifier);
    }
  }

  /** Whether there was something to write. */
  async function declare(declaration: ApiDeclaration): Promise<boolean> {
    const { identifier } = declaration;
    const isFree = (alias: string) => alias === identifier || !stored.has(alias);
    const wanted = wantedOf(declaration);
    wanted.aliases = wanted.aliases.filter(isFree);
    if (!(await store.find(identifier))) {
      const now = clock.now();
      const record: ApiRecord = {
        ...{ identifier, ...wanted, since: await removedAt(documents, identifier) },
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      try {
        await recorded.create(record, byFile);
        return true;
      } catch (error) {
        // Another process applied the same file first.
        if (!(error instanceof DuplicateError)) throw error;
      }
    }
    const { changed: isNew } = await change(identifier, (found) =>
      isSameRecord({ ...found, ...wanted }, found) ? undefined : wanted,
    );
    return isNew;
  }

  function change(
    identifier: string,
    decide: (record: ApiRecord) => Partial<ApiRecord> | undefined,
  ) {
    const find = async () => {
      const found = await store.find(identifier);
      if (!found) throw new DuplicateError(`Another API that has a name of ${identifier}`);
      return found;
    };
    const contended = () => new Error(`the API ${identifier} changes all the time`);
    const update = recorded.update('updated', byFile);
    return changeRecord({ find, update, contended, clock }, decide);
  }
}

function wantedOf({ identifier: _key, aliases, ...members }: ApiDeclaration) {
  return { aliases: [...aliases], members, source: 'file' as const };
}
