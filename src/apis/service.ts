/**
 * APIs that are made and changed while the server runs, under the rules of the declarative file. A change is complete
 * when it resolves: on record, known to every process, and what was issued under the wider rules revoked.
 */
import { type ChangeContext, type ChangeSink, onRecord } from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import type { ApiDeclaration, Declaration } from '../config/schema/declaration.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import { mostStoredApis } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import type { ApiRecord, ApiStore } from '../storage/apis.ts';
import { changeRecord, requireVersion } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { Page } from '../storage/pages.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { type KillSwitches, revocationOf } from '../tokens/room.ts';
import { readApiInput, requireConsistent, requireReferences } from './api_input.ts';
import { type DeclaredApis, declareApis } from './declared_apis.ts';
import { type ApiListOptions, listApis } from './listed_apis.ts';
import { isNarrower } from './narrowing.ts';
import { type ApiEvent, createRecordedApis } from './recorded_apis.ts';
import { noteRemovedApi, removedAt } from './removed_apis.ts';
import { declarationOf, readApis } from './stored_apis.ts';

export type Apis = {
  /** Those that are kept: made here, or declared by a file. Cardea's own is not among them. */
  find(identifier: string): Promise<ApiRecord | undefined>;
  /** Throws CardeaError `not_found`, and `built_in` (409) for Cardea's own, as all that change one do. */
  get(identifier: string): Promise<ApiRecord>;
  /** Ascending by identifier from behind the `next` of the page before. Bounded: a page may be short and go on. */
  list(options: ApiListOptions): Promise<Page<ApiRecord>>;
  /**
   * `input`: the members of the file's schema. Throws InvalidFieldsError, DuplicateError, CardeaError `too_many_apis`.
   */
  create(input: unknown, by: ChangeContext): Promise<ApiRecord>;
  /**
   * Replaces all members, except the identifier. Where it narrows the API, revokes all access tokens for it. Throws
   * `not_found`, `version_mismatch` (412), also where another change came in between, InvalidFieldsError,
   * DuplicateError, and for an API of this process's file `managed_by_file`.
   */
  replace(identifier: string, input: unknown, by: ChangeContext): Promise<ApiRecord>;
  /** From now on it is unknown to every endpoint, and all access tokens for it end. Also for an API of the file. */
  disable(identifier: string, by: ChangeContext): Promise<ApiRecord>;
  enable(identifier: string, by: ChangeContext): Promise<ApiRecord>;
  /**
   * The same for good: an API that gets its identifier later is another one, and what this one was granted (API keys,
   * consents, refresh tokens) is not for it. Throws `managed_by_file`.
   */
  remove(identifier: string, by: ChangeContext): Promise<ApiRecord>;
  /** Keeps the APIs of the declarative file; see declared_apis.ts. */
  applyDeclared(declarations: readonly ApiDeclaration[]): Promise<DeclaredApis>;
};

export type ApisDependencies = {
  store: ApiStore;
  documents: DocumentStore;
  declaration: Pick<Declaration, 'apis' | 'scopes'>;
  /** Throws CardeaError `managed_by_file` for an API that this process's file declares. */
  requireNotManaged: (identifier: string) => void;
  clientExists: (clientId: string) => Promise<boolean>;
  projectExists: (id: string) => Promise<boolean>;
  killSwitches: Pick<KillSwitches, 'changeAndRevoke'>;
  announce: AnnounceChange;
  /** Brings the registry of this process up to date. */
  refresh: () => Promise<unknown>;
  audit: ChangeSink;
  clock: Clock;
};

export function createApis(dependencies: ApisDependencies): Apis {
  const { store, documents, declaration, requireNotManaged, killSwitches, audit, clock } =
    dependencies;

  const changed = async () => {
    await dependencies.announce(copyChangedKind, 'apis');
    await dependencies.refresh();
  };
  const recorded = createRecordedApis({ store, audit });

  const get = async (identifier: string): Promise<ApiRecord> => {
    if (identifier === adminApi) throw ownApiStays();
    const record = await store.find(identifier);
    if (!record) throw noSuchApi();
    return record;
  };

  /** Names may collide with those of any other, those of the file included. */
  const check = async (input: ApiDeclaration): Promise<void> => {
    const { identifier } = input;
    const stored = (await readApis(store)).flatMap((record) => declarationOf(record) ?? []);
    const all = [...declaration.apis, ...stored].filter((one) => one.identifier !== identifier);
    const others = new Map(all.toReversed().map((one) => [one.identifier, one]));
    requireConsistent(input, [...others.values()], declaration.scopes);
    await requireReferences(input, dependencies);
  };

  const change = async (
    identifier: string,
    event: ApiEvent,
    by: ChangeContext,
    decide: (record: ApiRecord) => Partial<ApiRecord> | undefined,
  ): Promise<ApiRecord> => {
    const { expectedVersion } = by;
    const update = recorded.update(event, by);
    const find = () => get(identifier);
    const { record } = await changeRecord(
      { find, update, contended: apiConflict, clock, expectedVersion },
      decide,
    );
    // Even if nothing was left to change: whoever made the change may have died before announcing it.
    await changed();
    return record;
  };

  const andRevoke = <T>(
    identifier: string,
    by: ChangeContext,
    reason: ApiRevocationReason,
    apply: () => Promise<T>,
  ) => {
    const { target, order } = revocationOf.api(identifier);
    return killSwitches.changeAndRevoke(target, { ...order, ...onRecord(by), reason }, apply);
  };

  const replace: Apis['replace'] = async (identifier, input, by) => {
    const before = await get(identifier);
    requireNotManaged(identifier);
    requireVersion(before, by);
    const wanted = readApiInput({ ...asObject(input), identifier });
    await check(wanted);
    const members = membersOf(wanted);
    // What it narrows was decided by this version.
    const on = { ...by, expectedVersion: before.version };
    const apply = () =>
      change(identifier, 'updated', on, (record) =>
        isSameRecord({ ...record, ...members }, record) ? undefined : members,
      );
    const old = declarationOf(before);
    const isNarrowed = old === undefined || isNarrower(wanted, old);
    return isNarrowed ? andRevoke(identifier, by, 'api.updated', apply) : apply();
  };

  return {
    get,
    replace,
    find: (identifier) => store.find(identifier),
    list: (options) => listApis(store, options),
    applyDeclared: (apis) => declareApis(apis, { store, recorded, documents, clock, changed }),

    async create(input, by) {
      const wanted = readApiInput(input);
      const { identifier } = wanted;
      if (declaration.apis.some((api) => api.identifier === identifier)) throw duplicate();
      if (await store.find(identifier)) throw duplicate();
      await check(wanted);
      await requireRoom(store);
      const now = clock.now();
      const record: ApiRecord = {
        ...{ identifier, ...membersOf(wanted), source: 'operator' },
        since: await removedAt(documents, identifier),
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      await recorded.create(record, by);
      await changed();
      return record;
    },

    async disable(identifier, by) {
      requireVersion(await get(identifier), by);
      return andRevoke(identifier, by, 'api.disabled', () =>
        change(identifier, 'disabled', by, ({ disabledAt }) =>
          disabledAt === undefined ? { disabledAt: clock.now() } : undefined,
        ),
      );
    },

    enable: (identifier, by) =>
      change(identifier, 'enabled', by, ({ disabledAt }) =>
        disabledAt === undefined ? undefined : { disabledAt: undefined },
      ),

    async remove(identifier, by) {
      const before = await get(identifier);
      requireNotManaged(identifier);
      requireVersion(before, by);
      await andRevoke(identifier, by, 'api.deleted', async () => {
        await noteRemovedApi(documents, identifier, clock.now());
        if (!(await recorded.remove(before, by))) throw noSuchApi();
        await changed();
      });
      return before;
    },
  };
}

type ApiRevocationReason = `api.${Extract<ApiEvent, 'updated' | 'disabled' | 'deleted'>}`;

function membersOf({ identifier: _key, aliases, ...members }: ApiDeclaration) {
  return { aliases, members };
}

function asObject(input: unknown): object {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
}

/** Every process holds all of them. */
async function requireRoom(store: Pick<ApiStore, 'list'>): Promise<void> {
  if ((await readApis(store)).length < mostStoredApis) return;
  throw new CardeaError({
    code: 'too_many_apis',
    status: 409,
    message: `There are ${mostStoredApis} APIs, the most that a server keeps. Delete some first.`,
  });
}

function duplicate(): DuplicateError {
  return new DuplicateError('An API with this identifier');
}

function noSuchApi(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such API.' });
}

function ownApiStays(): CardeaError {
  return new CardeaError({
    code: 'built_in',
    status: 409,
    message: 'This is the API of Cardea itself. It cannot be changed.',
  });
}

function apiConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else changed the API at the same time. Check it and try again.',
  });
}
