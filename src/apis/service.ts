/**
 * APIs that are made and changed while the server runs, under the rules of the declarative file. A change is complete
 * when it resolves: on record, known to every process, and what was issued under the wider rules revoked.
 */
import type { AuditContext, AuditSink } from '../audit/room.ts';
import { type AnnounceChange, copyChangedKind } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import type { ApiDeclaration, Declaration } from '../config/schema/declaration.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import { mostStoredApis } from '../definitions/limits.ts';
import { CardeaError } from '../errors.ts';
import type { ApiRecord, ApiStore } from '../storage/apis.ts';
import { changeRecord } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { DuplicateError } from '../storage/errors.ts';
import { type KillSwitches, revocationOf } from '../tokens/room.ts';
import { type ApiInput, readApiInput, requireConsistent, requireReferences } from './api_input.ts';
import { type DeclaredApis, declareApis } from './declared_apis.ts';
import { isNarrower } from './narrowing.ts';
import { noteRemovedApi, removedAt } from './removed_apis.ts';
import { declarationOf, readApis } from './stored_apis.ts';

/** `dryRun`: checks, and returns what would be written. `expectedVersion`: only that version is changed. */
type WriteOptions = { dryRun?: boolean; expectedVersion?: number | undefined };

export type Apis = {
  /** Those that are kept: made here, or declared by a file. Cardea's own is not among them. */
  find(identifier: string): Promise<ApiRecord | undefined>;
  /** Ascending by identifier. */
  list: ApiStore['list'];
  /**
   * `input`: the members of the file's schema, and `project`. Throws InvalidFieldsError, DuplicateError, CardeaError
   * `too_many_apis`.
   */
  create(
    input: unknown,
    by: AuditContext,
    options?: Pick<WriteOptions, 'dryRun'>,
  ): Promise<ApiRecord>;
  /**
   * Replaces all members, except the identifier. Where it narrows the API, revokes all access tokens for it. Throws
   * `not_found`, `conflict`, InvalidFieldsError, DuplicateError, and for an API of this process's file
   * `managed_by_file`, as all below do.
   */
  replace(
    identifier: string,
    input: unknown,
    by: AuditContext,
    options?: WriteOptions,
  ): Promise<ApiRecord>;
  /** Replaces the given members; null stands for the default. */
  update(
    identifier: string,
    changes: Record<string, unknown>,
    by: AuditContext,
    options?: WriteOptions,
  ): Promise<ApiRecord>;
  /** From now on it is unknown to every endpoint, and all access tokens for it end. Also for an API of the file. */
  disable(identifier: string, by: AuditContext, options?: WriteOptions): Promise<ApiRecord>;
  enable(identifier: string, by: AuditContext, options?: WriteOptions): Promise<ApiRecord>;
  /** The same for good: API keys for it stay invalid even when another API gets its identifier. */
  remove(identifier: string, by: AuditContext, options?: WriteOptions): Promise<ApiRecord>;
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
  audit: AuditSink;
  clock: Clock;
};

export function createApis(dependencies: ApisDependencies): Apis {
  const { store, documents, declaration, requireNotManaged, killSwitches, audit, clock } =
    dependencies;

  const changed = async () => {
    await dependencies.announce(copyChangedKind, 'apis');
    await dependencies.refresh();
  };
  const note = (event: ApiEvent, { identifier }: ApiRecord, by: AuditContext) =>
    audit.record({
      ...{ type: `api.${event}` as const, outcome: 'success' as const, ...by },
      details: { api: identifier },
    });

  const find = async (identifier: string): Promise<ApiRecord> => {
    if (identifier === adminApi) throw ownApiStays();
    const record = await store.find(identifier);
    if (!record) throw noSuchApi();
    return record;
  };

  /** Names may collide with those of any other, those of the file included. */
  const check = async (input: ApiInput): Promise<void> => {
    const { identifier } = input.declaration;
    const stored = (await readApis(store)).flatMap((record) => declarationOf(record) ?? []);
    const all = [...declaration.apis, ...stored].filter((one) => one.identifier !== identifier);
    const others = new Map(all.toReversed().map((one) => [one.identifier, one]));
    requireConsistent(input.declaration, [...others.values()], declaration.scopes);
    await requireReferences(input, dependencies);
  };

  const write = (decide: (record: ApiRecord) => Partial<ApiRecord> | undefined) => {
    return async (identifier: string, expectedVersion: number | undefined) => {
      const outcome = await changeRecord(
        { find: () => find(identifier), update: store.update, contended: apiConflict, clock },
        (record) => {
          requireVersion(record, expectedVersion);
          return decide(record);
        },
      );
      // Even if nothing was left to change: whoever made the change may have died before announcing it.
      await changed();
      return outcome;
    };
  };

  const andRevoke = <T>(
    identifier: string,
    by: AuditContext,
    reason: ApiRevocationReason,
    change: () => Promise<T>,
  ) => {
    const { target, order } = revocationOf.api(identifier);
    return killSwitches.changeAndRevoke(target, { ...order, ...by, reason }, change);
  };

  const replace: Apis['replace'] = async (identifier, input, by, options = {}) => {
    const { dryRun = false, expectedVersion } = options;
    const before = await find(identifier);
    requireNotManaged(identifier);
    requireVersion(before, expectedVersion);
    const read = readApiInput({ ...asObject(input), identifier });
    await check(read);
    const wanted = membersOf(read);
    if (dryRun) return { ...before, ...wanted };
    const apply = () => write(() => wanted)(identifier, expectedVersion ?? before.version);
    const old = declarationOf(before);
    const { record } =
      old === undefined || isNarrower(read.declaration, old)
        ? await andRevoke(identifier, by, 'api.updated', apply)
        : await apply();
    await note('updated', record, by);
    return record;
  };

  return {
    replace,
    find: (identifier) => store.find(identifier),
    list: (options) => store.list(options),
    applyDeclared: (apis) => declareApis(apis, { store, documents, clock, note, changed }),

    async create(input, by, { dryRun = false } = {}) {
      const read = readApiInput(input);
      const { identifier } = read.declaration;
      if (declaration.apis.some((api) => api.identifier === identifier)) throw duplicate();
      if (await store.find(identifier)) throw duplicate();
      await check(read);
      await requireRoom(store);
      const now = clock.now();
      const record: ApiRecord = {
        ...{ identifier, ...membersOf(read), source: 'operator' },
        since: await removedAt(documents, identifier),
        ...{ createdAt: now, updatedAt: now, version: 1 },
      };
      if (dryRun) return record;
      await store.create(record);
      await changed();
      await note('created', record, by);
      return record;
    },

    async update(identifier, changes, by, options) {
      const { members, aliases, project, version } = await find(identifier);
      const merged = { ...members, aliases, project, ...changes };
      const given = Object.entries(merged).filter(([, value]) => value !== null);
      // What was merged is what was read: another change in between is a conflict.
      const expected = { expectedVersion: version, ...options };
      return replace(identifier, Object.fromEntries(given), by, expected);
    },

    async disable(identifier, by, { dryRun = false, expectedVersion } = {}) {
      const before = await find(identifier);
      requireVersion(before, expectedVersion);
      const disabledAt = before.disabledAt ?? clock.now();
      if (dryRun) return { ...before, disabledAt };
      const disabling = write((record) =>
        record.disabledAt === undefined ? { disabledAt } : undefined,
      );
      const { record, changed: isNew } = await andRevoke(identifier, by, 'api.disabled', () =>
        disabling(identifier, expectedVersion),
      );
      if (isNew) await note('disabled', record, by);
      return record;
    },

    async enable(identifier, by, { dryRun = false, expectedVersion } = {}) {
      const before = await find(identifier);
      requireVersion(before, expectedVersion);
      if (dryRun) return { ...before, disabledAt: undefined };
      const enabling = write((record) =>
        record.disabledAt === undefined ? undefined : { disabledAt: undefined },
      );
      const { record, changed: isNew } = await enabling(identifier, expectedVersion);
      if (isNew) await note('enabled', record, by);
      return record;
    },

    async remove(identifier, by, { dryRun = false, expectedVersion } = {}) {
      const before = await find(identifier);
      requireNotManaged(identifier);
      requireVersion(before, expectedVersion);
      if (dryRun) return before;
      await andRevoke(identifier, by, 'api.deleted', async () => {
        await noteRemovedApi(documents, identifier, clock.now());
        if (!(await store.remove(identifier))) throw noSuchApi();
        await changed();
      });
      await note('deleted', before, by);
      return before;
    },
  };
}

type ApiEvent = 'created' | 'updated' | 'disabled' | 'enabled' | 'deleted';
type ApiRevocationReason = `api.${Extract<ApiEvent, 'updated' | 'disabled' | 'deleted'>}`;

function membersOf({ declaration, project }: ApiInput) {
  const { identifier: _key, aliases, ...members } = declaration;
  return { aliases, members, project };
}

function asObject(input: unknown): object {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
}

function requireVersion({ version }: ApiRecord, expected: number | undefined): void {
  if (expected !== undefined && version !== expected) throw apiConflict();
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
