/**
 * Groups: what operators say about them. Who is in a group is said by each user.
 */
import { type ChangeContext, type ChangeSink, changeOf, onRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { changeRecord, requireVersion } from '../storage/change_record.ts';
import type { GroupRecord, GroupStore } from '../storage/groups.ts';
import type { UserStore } from '../storage/users.ts';

type GroupContent = { description?: string | undefined };

export type Groups = {
  /** Throws CardeaError `not_found`, as all below do. */
  get(name: string): Promise<GroupRecord>;
  list: GroupStore['list'];
  /** Throws DuplicateError. */
  create(group: GroupContent & { name: string }, by: ChangeContext): Promise<GroupRecord>;
  /** Throws `version_mismatch`, `conflict`. */
  update(name: string, content: GroupContent, by: ChangeContext): Promise<GroupRecord>;
  /** Throws `has_members` (409): it would stay in the tokens of its members. */
  remove(name: string, by: ChangeContext): Promise<void>;
  /** How many are in it, counted up to `most`. */
  countMembers(name: string, most: number): Promise<number>;
};

export function createGroups({
  groups,
  users,
  audit,
  clock,
}: {
  groups: GroupStore;
  users: Pick<UserStore, 'countInGroup'>;
  audit: ChangeSink;
  clock: Clock;
}): Groups {
  const get = async (name: string) => {
    const group = await groups.find(name);
    if (!group) throw noSuchGroup();
    return group;
  };

  const recorded = (
    type: 'group.created' | 'group.updated' | 'group.deleted',
    by: ChangeContext,
    { before, after }: { before?: GroupRecord; after?: GroupRecord },
    change: () => Promise<boolean>,
  ) => {
    const id = (after ?? before)?.name ?? '';
    const changes = changeOf({ kind: 'group', id }, before, after);
    return audit.recordChange({ type, outcome: 'success', ...onRecord(by), ...changes }, change);
  };

  return {
    get,
    list: (options) => groups.list(options),
    countMembers: (name, most) => users.countInGroup(name, most),

    async create({ name, description }, by) {
      const now = clock.now();
      const after = { name, description, createdAt: now, updatedAt: now, version: 1 };
      await recorded('group.created', by, { after }, () => groups.create(after).then(() => true));
      return after;
    },

    async update(name, { description }, { expectedVersion, ...by }) {
      const update = (next: GroupRecord, found: GroupRecord) =>
        recorded('group.updated', by, { before: found, after: next }, () => groups.update(next));
      const { record } = await changeRecord(
        { find: () => get(name), update, contended: groupConflict, clock, expectedVersion },
        (found) => (found.description === description ? undefined : { description }),
      );
      return record;
    },

    async remove(name, by) {
      const before = await get(name);
      requireVersion(before, by);
      if ((await users.countInGroup(name, 1)) > 0) throw hasMembers();
      await recorded('group.deleted', by, { before }, () => groups.remove(name));
    },
  };
}

function noSuchGroup(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such group.' });
}

function hasMembers(): CardeaError {
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
