/**
 * Operations on groups. Who is in a group is said by each user.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { mostCounted } from '../../definitions/limits.ts';
import type { GroupRecord } from '../../storage/groups.ts';
import { counted, countedOf } from '../dependents.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import { instant, noContent, nothing, pageOf, pageQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';

const tag = 'Groups';
const name = z.string().trim().min(1).max(maxLength.membership);
const description = z.string().trim().min(1).max(500).nullable();
const one = z.strictObject({ group: name });

const groupSchema = z
  .object({
    name,
    description,
    members: counted,
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Group' });

const content = z
  .strictObject({
    name: z.unknown(),
    description: description.default(null),
    members: z.unknown(),
    created_at: z.unknown(),
    updated_at: z.unknown(),
  })
  .partial()
  .meta({ id: 'GroupReplacement' });

const shown = async (group: GroupRecord, { groups }: AdminServices) => {
  const count = await (await groups()).countMembers(group.name, mostCounted + 1);
  return {
    ...{ name: group.name, description: group.description ?? null },
    members: countedOf(count),
    created_at: iso(group.createdAt) ?? '',
    updated_at: iso(group.updatedAt) ?? '',
  };
};

const answerOf = async (group: GroupRecord, services: AdminServices) => ({
  result: await shown(group, services),
  version: group.version,
});

const pathOf = (group: GroupRecord) => `/groups/${encodeURIComponent(group.name)}`;

export const listGroups = operation({
  id: 'listGroups',
  method: 'GET',
  path: '/groups',
  tag,
  summary: 'List groups, by name',
  description: 'A group that only users name is not in the list: `GET /users?group=…` finds them.',
  scope: 'groups:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(groupSchema),
  async run({ query, services }) {
    const { items, next } = await (await services.groups()).list(query);
    const views = await Promise.all(items.map((group) => shown(group, services)));
    return { result: { items: views, next: next ?? null } };
  },
});

export const createGroup = operation({
  id: 'createGroup',
  method: 'POST',
  path: '/groups',
  tag,
  summary: 'Create a group',
  scope: 'groups:write',
  errors: ['already_exists'],
  events: ['group.created'],
  idempotent: true,
  params: nothing,
  query: nothing,
  body: z.strictObject({ name, description: description.default(null) }).meta({ id: 'GroupInput' }),
  result: groupSchema,
  async run({ body, by, services }) {
    const wanted = { name: body.name, description: body.description ?? undefined };
    const group = await (await services.groups()).create(wanted, by);
    return { ...(await answerOf(group, services)), createdAt: pathOf(group) };
  },
});

export const getGroup = operation({
  id: 'getGroup',
  method: 'GET',
  path: '/groups/{group}',
  tag,
  summary: 'Read a group',
  scope: 'groups:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: groupSchema,
  async run({ params, services }) {
    return answerOf(await (await services.groups()).get(params.group), services);
  },
});

export const putGroup = operation({
  id: 'putGroup',
  method: 'PUT',
  path: '/groups/{group}',
  tag,
  summary: 'Replace what is said of a group, or create it',
  description: 'With `If-None-Match: *` it creates the group and fails if there is one.',
  scope: 'groups:write',
  errors: ['already_exists'],
  events: ['group.created', 'group.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: content,
  result: groupSchema,
  async run({ params, body, by, mustBeNew, services }) {
    const groups = await services.groups();
    const description = body.description ?? undefined;
    if (!mustBeNew)
      return answerOf(await groups.update(params.group, { description }, by), services);
    if (await services.store.groups.find(params.group)) throw alreadyExists();
    const group = await groups.create({ name: params.group, description }, by);
    return { ...(await answerOf(group, services)), createdAt: pathOf(group) };
  },
});

export const patchGroup = operation({
  id: 'patchGroup',
  method: 'PATCH',
  path: '/groups/{group}',
  tag,
  summary: 'Change members of a group',
  scope: 'groups:write',
  events: ['group.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: z.strictObject({ description }).partial().meta({ id: 'GroupPatch' }),
  result: groupSchema,
  async run({ params, body: { description }, by, services }) {
    const groups = await services.groups();
    if (description === undefined) return answerOf(await groups.get(params.group), services);
    const wanted = { description: description ?? undefined };
    return answerOf(await groups.update(params.group, wanted, by), services);
  },
});

export const deleteGroup = operation({
  id: 'deleteGroup',
  method: 'DELETE',
  path: '/groups/{group}',
  tag,
  summary: 'Delete a group without members',
  scope: 'groups:write',
  errors: ['has_members'],
  events: ['group.deleted'],
  versioned: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, services }) {
    await (await services.groups()).remove(params.group, by);
    return { result: undefined };
  },
});

export const groupOperations = [
  listGroups,
  createGroup,
  getGroup,
  putGroup,
  patchGroup,
  deleteGroup,
] as const;
