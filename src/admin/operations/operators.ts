/**
 * Operations on operators: the people who run Cardea, and their roles.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { operatorRoles } from '../../definitions/operator_roles.ts';
import { CardeaError } from '../../errors.ts';
import {
  maySetOperator,
  type Operator,
  type OperatorGrant,
  operatorGrantSchema,
  requireAllowed,
} from '../../operators/room.ts';
import { managedMembers, managementView } from '../managed.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { instant, noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Operators';
const one = z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) });

const operatorSchema = z
  .object({
    user_id: z.string(),
    username: z.string().optional().describe('Absent: there is no such user any more.'),
    role: z.enum(operatorRoles),
    projects: z.array(z.string()).optional().describe('Ids of the projects of a deployer.'),
    since: instant,
    by: z
      .string()
      .describe('Who gave the role: `user:<id>`, `client:<id>`, `operator` (the command line), …'),
    ...managedMembers,
  })
  .meta({ id: 'Operator' });

const shown = async ({ store, declared }: AdminServices, operators: readonly Operator[]) => {
  const { managementOf } = await declared();
  return Promise.all(
    operators.map(async ({ userId, role, projects, since, by }) => {
      const user = await store.users.find(userId);
      const { username } = user ?? {};
      return {
        ...{ user_id: userId, ...(username !== undefined && { username }), role },
        ...(projects && { projects: [...projects] }),
        ...{ since: iso(since) ?? '', by },
        ...managementView(user ? managementOf.operator(user) : { by: 'operator' }),
      };
    }),
  );
};

const answerOf = async (services: AdminServices, operator: Operator) => {
  const [result] = await shown(services, [operator]);
  if (!result) throw noSuchOperator();
  return { result, version: operator.version };
};

/** Throws CardeaError `managed_by_file` (409) for a user whose role the declarative file names. */
const requireNotManaged = async ({ store, places }: AdminServices, userId: string) => {
  const user = await store.users.find(userId);
  if (user) places.requireNotManaged('operator', user.username);
};

export const listOperators = operation({
  id: 'listOperators',
  method: 'GET',
  path: '/operators',
  tag,
  summary: 'List operators, by user id',
  scope: 'operators:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(operatorSchema),
  async run({ query: { after = '', limit }, services }) {
    const all = await (await services.operators()).list();
    const rest = all
      .filter(({ userId }) => userId > after)
      .sort((left, right) => (left.userId < right.userId ? -1 : 1));
    const page = rest.slice(0, limit);
    const next = rest.length > limit ? (page.at(-1)?.userId ?? null) : null;
    return { result: { items: await shown(services, page), next } };
  },
});

export const getOperator = operation({
  id: 'getOperator',
  method: 'GET',
  path: '/operators/{user_id}',
  tag,
  summary: 'Read the role of an operator',
  scope: 'operators:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: operatorSchema,
  async run({ params, services }) {
    const operator = await (await services.operators()).find(params.user_id);
    if (!operator) throw noSuchOperator();
    return answerOf(services, operator);
  },
});

export const putOperator = operation({
  id: 'putOperator',
  method: 'PUT',
  path: '/operators/{user_id}',
  tag,
  summary: 'Make a user an operator, or give an operator another role',
  description:
    'Nobody gives rights that they lack, or changes who has such rights, and an owner always remains. The same request again changes nothing. With `If-None-Match: *` it makes an operator and fails if the user is one.',
  scope: 'operators:write',
  errors: [
    ...['managed_by_file', 'already_exists', 'last_owner', 'user_disabled', 'more_than_own'],
    'too_many_operators',
  ],
  events: ['operator.added', 'operator.changed'],
  versioned: true,
  creates: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: operatorGrantSchema.meta({ id: 'OperatorInput' }),
  result: operatorSchema,
  async run({ params: { user_id: id }, body, by, caller, mustBeNew, services }) {
    const operators = await services.operators();
    const allow = (before: OperatorGrant | undefined) =>
      requireAllowed(maySetOperator(caller, before, body));
    if (mustBeNew) {
      allow(undefined);
      await requireNotManaged(services, id);
      if (await operators.find(id)) throw alreadyExists();
      const operator = await operators.set(id, body, { ...by, expectedVersion: 0 });
      const createdAt = `/operators/${encodeURIComponent(id)}`;
      return { ...(await answerOf(services, operator)), createdAt };
    }
    const operator = await onNewest({
      expectedVersion: by.expectedVersion,
      async read() {
        const found = await operators.find(id);
        if (!found) throw noSuchOperator();
        return found;
      },
      async write(before) {
        allow(before);
        await requireNotManaged(services, id);
        return operators.set(id, body, { ...by, expectedVersion: before.version });
      },
    });
    return answerOf(services, operator);
  },
});

export const deleteOperator = operation({
  id: 'deleteOperator',
  method: 'DELETE',
  path: '/operators/{user_id}',
  tag,
  summary: 'Take the role of an operator away',
  scope: 'operators:write',
  errors: ['managed_by_file', 'last_owner', 'more_than_own'],
  events: ['operator.removed'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params: { user_id: id }, by, caller, services }) {
    const operators = await services.operators();
    const before = await operators.find(id);
    if (!before) throw noSuchOperator();
    requireAllowed(maySetOperator(caller, before, undefined));
    await requireNotManaged(services, id);
    // The policy decided by this version: who has got another role meanwhile may be out of reach.
    const expectedVersion = by.expectedVersion ?? before.version;
    await operators.remove(id, { ...by, expectedVersion });
    return { result: undefined };
  },
});

function noSuchOperator(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'This user is not an operator.',
  });
}

export const operatorOperations = [
  listOperators,
  getOperator,
  putOperator,
  deleteOperator,
] as const;
