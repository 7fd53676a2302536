/**
 * Operations on groups. Who is in a group is said by each user.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import type { GroupRecord } from '../../storage/groups.ts';
import { operation } from '../operation.ts';
import { alreadyExists } from '../preconditions.ts';
import {
  instant,
  noContent,
  nothing,
  pageOf,
  pageQuery,
  trimmedText,
  viewOnly,
} from '../schemas.ts';
import type { AdminServices } from '../services.ts';

const tag = 'Groups';
const name = trimmedText(maxLength.membership);
const description = trimmedText(500).nullable();
const one = z.strictObject({ group: name });

/** More are told as `more`. */
const mostCounted = 1000;

const groupSchema = z
  .object({
    name,
    description,
    members: z.object({
      count: z.int().describe(`Up to ${mostCounted}.`),
      more: z.boolean().describe('There are more than were counted.'),
    }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Group' });

const content = z
  .strictObject({
    description: description.default(null),
    ...viewOnly(['name', 'members', 'created_at', 'updated_at']),
  })
  .meta({ id: 'GroupReplacement' });

const shown = async (group: GroupRecord, { groups }: AdminServices) => {
  const count = await (await groups()).countMembers(group.name, mostCounted + 1);
  return {
    ...{ name: group.name, description: group.description ?? null },
    members: { count: Math.min(count, mostCounted), more: count > mostCounted },
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
  creates: true,
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
  creates: true,
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
