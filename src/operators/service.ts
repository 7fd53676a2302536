/**
 * Every change to who is an operator, with its audit event and its announcement to every process. Whether a caller may
 * make it is for the policies; that an owner remains is for this file, whoever asks.
 */
import { z } from 'zod';
import {
  type AuditRecord,
  type ChangeContext,
  type ChangeSink,
  changeOf,
  onRecord,
} from '../audit/room.ts';
import type { AnnounceChange } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { maxLength } from '../definitions/lengths.ts';
import { isConfined, mostOperatorProjects, operatorRoles } from '../definitions/operator_roles.ts';
import { CardeaError } from '../errors.ts';
import { invalidField, parseFields } from '../input_check.ts';
import { requireVersion } from '../storage/change_record.ts';
import type { DocumentStore } from '../storage/documents.ts';
import type { ProjectStore } from '../storage/projects.ts';
import { isSameRecord } from '../storage/same_record.ts';
import { isUserActive, type UserStore } from '../storage/users.ts';
import { operatorsChanged } from './known_operators.ts';
import type { Operator, OperatorGrant } from './operator.ts';
import { changeOperators, readOperators } from './operators_document.ts';

/** What is given: a role, and the projects of a deployer. */
export const operatorGrantSchema = z.strictObject({
  role: z.enum(operatorRoles),
  /** Ids of projects. */
  projects: z
    .array(z.string().min(1).max(maxLength.projectId))
    .max(mostOperatorProjects)
    .optional(),
});

export type Operators = {
  /** As of now, oldest first. Reads the store, as find() does: requests use KnownOperators. */
  list(): Promise<Operator[]>;
  find(userId: string): Promise<Operator | undefined>;
  /** Whether any enabled user is an owner. */
  hasOwner(): Promise<boolean>;
  /**
   * Gives a user this role in place of any other. `input`: `{ role, projects }`, with the projects (ids) of a deployer.
   * The expected version of who is no operator yet is 0. Throws InvalidFieldsError, CardeaError `not_found` (404) without
   * such a user, `version_mismatch` (412), `user_disabled`, `last_owner`, `too_many_operators` and `conflict` (409).
   */
  set(userId: string, input: unknown, by: ChangeContext): Promise<Operator>;
  /** The same, only while nobody is an owner. Throws CardeaError `has_owner` (409), and what set() throws. */
  makeFirstOwner(userId: string, by: ChangeContext): Promise<Operator>;
  /** Throws CardeaError `not_found`, `version_mismatch`, `last_owner`, `conflict`. */
  remove(userId: string, by: ChangeContext): Promise<void>;
  /**
   * Called before a user is disabled or deleted, which ends the role, too: to enable a user again, or to make another
   * one with the same subject, gives nobody a role back. `by`: whose version is the user's. Throws CardeaError
   * `last_owner`, `conflict`.
   */
  userEnds(userId: string, by: ChangeContext): Promise<void>;
};

type Wanted = Omit<Operator, 'version'>;
type Deciding = (
  operators: ReadonlyMap<string, Operator>,
  before: Operator | undefined,
) => Promise<Wanted | undefined>;

export function createOperators({
  documents,
  users,
  projects,
  announce,
  audit,
  clock,
}: {
  documents: DocumentStore;
  users: Pick<UserStore, 'find'>;
  projects: Pick<ProjectStore, 'find'>;
  announce: AnnounceChange;
  audit: ChangeSink;
  clock: Clock;
}): Operators {
  const read = () => readOperators(documents);

  const isEnabled = async (userId: string) => {
    const user = await users.find(userId);
    return user !== undefined && isUserActive(user);
  };

  async function hasOwner(operators: Iterable<Operator>, except?: string): Promise<boolean> {
    for (const { userId, role } of operators) {
      if (role === 'owner' && userId !== except && (await isEnabled(userId))) return true;
    }
    return false;
  }

  /** Writes what `decide` makes of this user; undefined: no operator. Announces also what was already so. */
  async function change(userId: string, by: ChangeContext, decide: Deciding) {
    let before: Operator | undefined;
    let after: Operator | undefined;
    const tell = () => announce(operatorsChanged.kind, operatorsChanged.id);
    const changed = await changeOperators(
      documents,
      async (operators, version) => {
        before = operators.get(userId);
        requireVersion(before ?? { version: 0 }, by);
        const wanted = await decide(operators, before);
        after = wanted && { ...wanted, version };
        if (isSameGrant(before, after)) {
          after = before;
          return undefined;
        }
        const leaves = before?.role === 'owner' && after?.role !== 'owner';
        // Who is disabled or gone is no owner that others could count on.
        if (leaves && (await isEnabled(userId)) && !(await hasOwner(operators.values(), userId))) {
          throw lastOwner();
        }
        const next = new Map(operators);
        if (after) next.set(userId, after);
        else next.delete(userId);
        return next;
      },
      (write) =>
        audit.recordChange(eventOf(userId, before, after, by), async (event) => {
          const isWritten = await write(event);
          if (isWritten) await tell();
          return isWritten;
        }),
    );
    // Also when nothing was left to do: whoever did it may have crashed before announcing it.
    if (!changed) await tell();
    return { before, after };
  }

  async function put(
    userId: string,
    grant: OperatorGrant,
    by: ChangeContext,
    require: (operators: ReadonlyMap<string, Operator>) => Promise<void> = async () => {},
  ): Promise<Operator> {
    await requireEnabled(userId);
    const wanted = { userId, ...grant, since: clock.now(), by: by.actor ?? 'system' };
    const { after } = await change(userId, by, async (operators) => {
      await require(operators);
      return wanted;
    });
    // Disabled or deleted in the meantime: whoever did that has seen no role to end.
    if (!after || !(await isEnabled(userId))) {
      await change(userId, onRecord(by), async () => undefined);
      await requireEnabled(userId);
      throw noSuchOperator();
    }
    return after;
  }

  async function requireEnabled(userId: string): Promise<void> {
    const user = await users.find(userId);
    if (!user) throw noSuchUser();
    if (!isUserActive(user)) throw userDisabled();
  }

  async function grantFrom(input: unknown): Promise<OperatorGrant> {
    const { role, projects: named = [] } = parseFields(operatorGrantSchema, input);
    const ids = [...new Set(named)];
    if (!isConfined(role)) {
      if (ids.length > 0) throw invalidField(['projects'], 'is for deployers only');
      return { role };
    }
    if (ids.length === 0) throw invalidField(['projects'], 'must name the projects of a deployer');
    for (const [index, id] of ids.entries()) {
      if (!(await projects.find(id))) throw invalidField(['projects', index], 'does not exist');
    }
    return { role, projects: ids };
  }

  return {
    list: async () => [...(await read()).values()].sort((one, other) => one.since - other.since),
    find: async (userId) => (await read()).get(userId),
    hasOwner: async () => hasOwner((await read()).values()),

    set: async (userId, input, by) => put(userId, await grantFrom(input), by),

    makeFirstOwner: (userId, by) =>
      put(userId, { role: 'owner' }, by, async (operators) => {
        if (await hasOwner(operators.values())) throw ownerExists();
      }),

    async remove(userId, by) {
      const { before } = await change(userId, by, async () => undefined);
      if (!before) throw noSuchOperator();
    },

    async userEnds(userId, by) {
      // Most people are no operators, and their end concerns no process's copy.
      if (!(await read()).has(userId)) return;
      await change(userId, onRecord(by), async () => undefined);
    },
  };
}

function grantOf(operator: OperatorGrant | undefined) {
  return operator && { role: operator.role, projects: operator.projects };
}

function isSameGrant(one: OperatorGrant | undefined, other: OperatorGrant | undefined): boolean {
  return isSameRecord({ of: grantOf(one) }, { of: grantOf(other) });
}

function lastOwner(): CardeaError {
  return new CardeaError({
    code: 'last_owner',
    status: 409,
    message: 'This is the last owner. Make somebody else an owner first.',
  });
}

function ownerExists(): CardeaError {
  return new CardeaError({
    code: 'has_owner',
    status: 409,
    message: 'There is an owner already. Ask them for a role.',
  });
}

function noSuchUser(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such user.' });
}

function noSuchOperator(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'This user is not an operator.',
  });
}

function userDisabled(): CardeaError {
  return new CardeaError({
    code: 'user_disabled',
    status: 409,
    message: 'This user is disabled. Enable the user first.',
  });
}

function eventOf(
  userId: string,
  before: Operator | undefined,
  after: Operator | undefined,
  by: ChangeContext,
): AuditRecord {
  const type: AuditEventType = !before
    ? 'operator.added'
    : after
      ? 'operator.changed'
      : 'operator.removed';
  const difference = changeOf({ kind: 'operator', id: userId }, before, after);
  return { type, outcome: 'success', userId, ...onRecord(by), ...difference };
}
