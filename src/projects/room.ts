/**
 * The projects room: consumers of an API (a team, a customer, a system) that own API keys. It owns their
 * records and announces each change to every process; what a project's keys may do is up to api_keys/.
 */
import { z } from 'zod';
import {
  hasEnded,
  idSchema,
  type KeyChanges,
  maxRecordNameLength,
  nameSchema,
  requireTier,
  scopesSchema,
  tierNameSchema,
} from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/room.ts';
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  createdAs,
  onRecord,
  type RecordedChange,
  removedAs,
} from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { ApiKeysDeclaration } from '../config/schema/api_keys.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { maxLength } from '../definitions/lengths.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import { invalidField, parseFields } from '../input_check.ts';
import type { ApiKeyStore } from '../storage/api_keys.ts';
import { changeRecord, requireVersion } from '../storage/change_record.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { ProjectRecord, ProjectStore } from '../storage/projects.ts';
import type { UserStore } from '../storage/users.ts';
import type { KillSwitches } from '../tokens/room.ts';

const changeableProjectFields = {
  name: nameSchema,
  /** The most that its keys may have; null: every scope of the API. */
  scopes: scopesSchema.nullable(),
  /** Null: the default tier. */
  tier: tierNameSchema.nullable(),
  /** User ids. */
  owner_id: idSchema.nullable(),
  member_ids: z
    .array(idSchema)
    .max(200)
    .transform((ids) => [...new Set(ids)]),
};

export const projectChangeSchema = z.strictObject(changeableProjectFields).partial();
export const newProjectSchema = projectChangeSchema.extend({
  name: nameSchema,
  api: z.string().min(1).max(maxLength.uri),
});

type ProjectChange = z.output<typeof projectChangeSchema>;

export type Projects = {
  /** Throws InvalidFieldsError, DuplicateError. */
  create(input: unknown, by: ChangeContext): Promise<ProjectRecord>;
  /** By id or name. Throws `not_found`, as all methods below do. */
  get(idOrName: string): Promise<ProjectRecord>;
  /** Ascending by name. */
  list: ProjectStore['list'];
  /** Absent fields stay. Throws InvalidFieldsError, DuplicateError, `conflict`. */
  update(id: string, input: unknown, by: ChangeContext): Promise<ProjectRecord>;
  /** From now on its keys are not valid. */
  disable(id: string, by: ChangeContext): Promise<ProjectRecord>;
  enable(id: string, by: ChangeContext): Promise<ProjectRecord>;
  /** Throws `has_keys` (409) while any of its keys is active. */
  remove(id: string, by: ChangeContext): Promise<void>;
  /**
   * The API's own project, named after its identifier: it owns the keys that belong to nobody else. Created if
   * missing.
   */
  ownOf(api: string, by: ChangeContext): Promise<ProjectRecord>;
};

const pageSize = 500;

export function createProjects({
  projects,
  keys,
  users,
  apis,
  policy,
  killSwitches,
  changes,
  audit,
  clock,
}: {
  projects: ProjectStore;
  keys: Pick<ApiKeyStore, 'list'>;
  users: Pick<UserStore, 'find'>;
  apis: Pick<ApiRegistry, 'find'>;
  policy: Pick<ApiKeysDeclaration, 'tiers'>;
  killSwitches: Pick<KillSwitches, 'changeAndRevoke'>;
  changes: Pick<KeyChanges, 'projectChanged'>;
  audit: ChangeSink;
  clock: Clock;
}): Projects {
  const eventOf = (
    type: AuditEventType,
    { id, name, api }: ProjectRecord,
    by: ChangeContext,
    change: RecordedChange,
  ): AuditRecord => ({
    ...{ type, outcome: 'success', ...onRecord(by), ...change },
    details: { project_id: id, name, api },
  });

  async function requireAllowed(change: ProjectChange, identifier: string): Promise<void> {
    const api = apis.find(identifier);
    if (!api) throw invalidField(['api'], 'is not an API');
    for (const [index, scope] of (change.scopes ?? []).entries()) {
      if (!(scope in api.scopes))
        throw invalidField(['scopes', index], 'is not a scope of the API');
    }
    requireTier(change.tier, policy);
    if (change.owner_id != null) await requireUser(['owner_id'], change.owner_id);
    for (const [index, id] of (change.member_ids ?? []).entries()) {
      await requireUser(['member_ids', index], id);
    }
  }

  async function requireUser(path: PropertyKey[], id: string): Promise<void> {
    if (!(await users.find(id))) throw invalidField(path, 'does not exist');
  }

  async function find(id: string): Promise<ProjectRecord> {
    const record = await projects.find(id);
    if (!record) throw noSuchProject();
    return record;
  }

  /**
   * Announced even if nothing was left to change: whoever made the change may have crashed before announcing
   * it.
   */
  async function change(
    id: string,
    type: AuditEventType,
    by: ChangeContext,
    decide: (record: ProjectRecord) => Partial<ProjectRecord> | undefined,
  ): Promise<{ record: ProjectRecord; changed: boolean }> {
    const update = (next: ProjectRecord, found: ProjectRecord) =>
      audit.recordChange(
        eventOf(type, next, by, changeOf({ kind: 'project', id }, found, next)),
        (event) => projects.update(next, event),
      );
    const outcome = await changeRecord(
      {
        find: () => find(id),
        update,
        contended: projectConflict,
        clock,
        expectedVersion: by.expectedVersion,
      },
      decide,
    );
    await changes.projectChanged(id);
    return outcome;
  }

  /** Changes the project and revokes every token exchanged for its keys so far. */
  const endTokens = <T>(
    { id, name, api }: ProjectRecord,
    { reason, ...by }: ChangeContext & { reason: string },
    change: () => Promise<T>,
  ) =>
    killSwitches.changeAndRevoke(
      { tokensOfProject: id },
      {
        type: 'revocation.api_key_tokens',
        ...{ ...onRecord(by), reason, details: { project_id: id, name, api } },
      },
      change,
    );

  async function hasLiveKey(projectId: string): Promise<boolean> {
    let after: string | undefined;
    do {
      const page = await keys.list({ projectId, after, limit: pageSize });
      if (page.items.some((record) => !hasEnded(record, clock.now()))) return true;
      after = page.next;
    } while (after !== undefined);
    return false;
  }

  const create: Projects['create'] = async (input, by) => {
    const { api, name, ...wanted } = parseFields(newProjectSchema, input);
    await requireAllowed(wanted, api);
    const now = clock.now();
    const record: ProjectRecord = {
      ...{ id: `project_${randomId()}`, name, api, memberIds: [] },
      ...projectDifference(wanted),
      ...{ createdAt: now, updatedAt: now, version: 1 },
    };
    const made = createdAs({ kind: 'project', id: record.id }, record);
    await audit.recordChange(eventOf('project.created', record, by, made), (event) =>
      projects.create(record, event).then(() => true),
    );
    return record;
  };

  return {
    create,
    list: (options) => projects.list(options),

    async get(idOrName) {
      const record = (await projects.find(idOrName)) ?? (await projects.findByName(idOrName));
      if (!record) throw noSuchProject();
      return record;
    },

    async update(id, input, by) {
      const wanted = parseFields(projectChangeSchema, input);
      const before = await find(id);
      requireVersion(before, by);
      await requireAllowed(wanted, before.api);
      const apply = () => change(id, 'project.updated', by, () => projectDifference(wanted));
      // Tokens exchanged for its keys may carry scopes that the keys no longer have.
      const { record } =
        wanted.scopes === undefined
          ? await apply()
          : await endTokens(before, { ...by, reason: 'scopes changed' }, apply);
      return record;
    },

    async disable(id, by) {
      const why = { ...by, reason: 'project disabled' };
      const before = await find(id);
      requireVersion(before, by);
      const { record } = await endTokens(before, why, () =>
        change(id, 'project.disabled', by, ({ disabledAt }) =>
          disabledAt === undefined ? { disabledAt: clock.now() } : undefined,
        ),
      );
      return record;
    },

    async enable(id, by) {
      const { record } = await change(id, 'project.enabled', by, ({ disabledAt }) =>
        disabledAt === undefined ? undefined : { disabledAt: undefined },
      );
      return record;
    },

    async remove(id, by) {
      const record = await find(id);
      requireVersion(record, by);
      // A key created at this very moment is not valid either, as its project is gone.
      if (await hasLiveKey(id)) throw hasKeys();
      const gone = removedAs({ kind: 'project', id }, record);
      const removed = await audit.recordChange(
        eventOf('project.deleted', record, by, gone),
        (event) => projects.remove(id, event),
      );
      if (!removed) throw noSuchProject();
      await changes.projectChanged(id);
    },

    async ownOf(api, by) {
      const name = api.slice(0, maxRecordNameLength);
      const found = await projects.findByName(name);
      if (found?.api === api) return found;
      try {
        return await create({ name, api }, by);
      } catch (error) {
        if (!(error instanceof DuplicateError)) throw error;
        const made = await projects.findByName(name);
        if (made?.api === api) return made;
        throw error;
      }
    },
  };
}

function projectDifference(change: ProjectChange): Partial<ProjectRecord> {
  const { name, scopes, tier, owner_id, member_ids } = change;
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes: scopes ?? undefined }),
    ...(tier !== undefined && { tier: tier ?? undefined }),
    ...(owner_id !== undefined && { ownerId: owner_id ?? undefined }),
    ...(member_ids && { memberIds: member_ids }),
  };
}

function noSuchProject(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such project.' });
}

function projectConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else is changing the project. Try again.',
    retryAfter: 1,
  });
}

function hasKeys(): CardeaError {
  return new CardeaError({
    code: 'has_keys',
    status: 409,
    message: 'The project still has active API keys. Revoke them first, or disable the project.',
  });
}
