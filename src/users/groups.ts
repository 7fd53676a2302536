/**
 * Groups: what operators say about them. Who is in a group is said by each user.
 */
import { type ChangeContext, type ChangeSink, changeOf, onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import { changeRecord, requireVersion, versionMismatch } from '../storage/change_record.ts';
import { DuplicateError } from '../storage/errors.ts';
import type { GroupRecord, GroupStore } from '../storage/groups.ts';
import type { Page } from '../storage/pages.ts';
import type { UserStore } from '../storage/users.ts';

type GroupContent = { description?: string | undefined };

/** `record`: what operators say of it; undefined: only users name it. */
export type Group = { name: string; record: GroupRecord | undefined };

export type Groups = {
  /** Throws CardeaError `not_found` where neither operators nor users name it. */
  get(name: string): Promise<Group>;
  /** Those with a record and those that only users name, ascending by name, after `after`. */
  list(options: { after?: string | undefined; limit: number }): Promise<Page<Group>>;
  /** Throws DuplicateError. */
  create(group: GroupContent & { name: string }, by: ChangeContext): Promise<GroupRecord>;
  /**
   * Describes it anew, or for the first time: the version of a group that only users name is 0. Throws `not_found`,
   * `version_mismatch`, `conflict`.
   */
  update(name: string, content: GroupContent, by: ChangeContext): Promise<GroupRecord>;
  /** Throws `not_found`, and `has_members` (409): it would stay in the tokens of its members. */
  remove(name: string, by: ChangeContext): Promise<void>;
  /** How many are in it, counted up to `most`. */
  countMembers(name: string, most: number): Promise<number>;
};

/** The version of a group that has no record. */
export const undescribedVersion = 0;

export function createGroups({
  groups,
  users,
  audit,
  clock,
}: {
  groups: GroupStore;
  users: Pick<UserStore, 'countInGroup' | 'groupNames'>;
  audit: ChangeSink;
  clock: Clock;
}): Groups {
  const hasMembers = async (name: string) => (await users.countInGroup(name, 1)) > 0;

  const get = async (name: string): Promise<Group> => {
    const record = await groups.find(name);
    if (!record && !(await hasMembers(name))) throw noSuchGroup();
    return { name, record };
  };

  const findRecord = async (name: string): Promise<GroupRecord> => {
    const record = await groups.find(name);
    if (!record) throw noSuchGroup();
    return record;
  };

  const recorded = (
    type: 'group.created' | 'group.updated' | 'group.deleted',
    by: ChangeContext,
    { before, after }: { before?: GroupRecord; after?: GroupRecord },
    change: (event: AuditEvent) => Promise<boolean>,
  ) => {
    const id = (after ?? before)?.name ?? '';
    const changes = changeOf({ kind: 'group', id }, before, after);
    return audit.recordChange({ type, outcome: 'success', ...onRecord(by), ...changes }, change);
  };

  const create: Groups['create'] = async ({ name, description }, by) => {
    const now = clock.now();
    const after = { name, description, createdAt: now, updatedAt: now, version: 1 };
    await recorded('group.created', by, { after }, (event) =>
      groups.create(after, event).then(() => true),
    );
    return after;
  };

  const describe: Groups['update'] = async (name, content, by) => {
    requireVersion({ version: undescribedVersion }, by);
    try {
      return await create({ name, ...content }, by);
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      // Somebody else was faster. For whoever named no version, theirs is the one to change.
      if (by.expectedVersion !== undefined) throw versionMismatch();
      return update(name, content, by);
    }
  };

  const update: Groups['update'] = async (name, content, { expectedVersion, ...by }) => {
    if (!(await get(name)).record) return describe(name, content, { expectedVersion, ...by });
    const { description } = content;
    const write = (next: GroupRecord, found: GroupRecord) =>
      recorded('group.updated', by, { before: found, after: next }, (event) =>
        groups.update(next, event),
      );
    const { record } = await changeRecord(
      {
        ...{ find: () => findRecord(name), update: write, contended: groupConflict },
        ...{ clock, expectedVersion },
      },
      (found) => (found.description === description ? undefined : { description }),
    );
    return record;
  };

  return {
    get,
    create,
    countMembers: (name, most) => users.countInGroup(name, most),

    async list({ after, limit }) {
      const [described, named] = await Promise.all([
        groups.list({ after, limit: limit + 1 }),
        users.groupNames({ after, limit: limit + 1 }),
      ]);
      const records = new Map(described.items.map((record) => [record.name, record]));
      const names = [...new Set([...records.keys(), ...named])].sort(byBytes);
      const page = names.slice(0, limit);
      const items = page.map((name): Group => ({ name, record: records.get(name) }));
      return { items, next: names.length > limit ? page.at(-1) : undefined };
    },

    update,

    async remove(name, by) {
      const { record: before } = await get(name);
      if (!before) throw stillHasMembers();
      requireVersion(before, by);
      if (await hasMembers(name)) throw stillHasMembers();
      await recorded('group.deleted', by, { before }, (event) => groups.remove(name, event));
    },
  };
}

/** As both stores order texts. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function noSuchGroup(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such group.' });
}

function stillHasMembers(): CardeaError {
  return new CardeaError({
    code: 'has_members',
    status: 409,
    message: 'The group still has members. Take them out of it first.',
  });
}

function groupConflict(): CardeaError {
  return new CardeaError({
    code: 'conflict',
    status: 409,
    message: 'Somebody else is changing the group. Try again.',
    retryAfter: 1,
  });
}
