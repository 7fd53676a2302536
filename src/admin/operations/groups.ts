/**
 * Operations on groups. Who is in a group is said by each user.
 */
import { z } from 'zod';
import { iso } from '../../clock.ts';
import { maxLength } from '../../definitions/lengths.ts';
import { mostCounted } from '../../definitions/limits.ts';
import type { GroupRecord } from '../../storage/groups.ts';
import { type Group, undescribedVersion } from '../../users/room.ts';
import { counted, countedOf } from '../dependents.ts';
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
/** As it is: a user may be in a group whose name begins with a space. */
const one = z.strictObject({ group: z.string().min(1).max(maxLength.membership) });

const groupSchema = z
  .object({
    name,
    description,
    described: z.boolean().describe('False: only users name it, and its version is 0.'),
    members: counted,
    created_at: instant.optional(),
    updated_at: instant.optional(),
  })
  .meta({ id: 'Group' });

const content = z
  .strictObject({
    description: description.default(null),
    ...viewOnly(['name', 'described', 'members', 'created_at', 'updated_at']),
  })
  .meta({ id: 'GroupReplacement' });

const shown = async ({ name, record }: Group, { groups }: AdminServices) => {
  const count = await (await groups()).countMembers(name, mostCounted + 1);
  return {
    ...{ name, description: record?.description ?? null, described: record !== undefined },
    members: countedOf(count),
    ...(record && {
      ...{ created_at: iso(record.createdAt) ?? '', updated_at: iso(record.updatedAt) ?? '' },
    }),
  };
};

const answerOf = async (group: Group, services: AdminServices) => ({
  result: await shown(group, services),
  version: group.record?.version ?? undescribedVersion,
});

const answerOfRecord = (record: GroupRecord, services: AdminServices) =>
  answerOf({ name: record.name, record }, services);

const pathOf = (group: Pick<GroupRecord, 'name'>) => `/groups/${encodeURIComponent(group.name)}`;

export const listGroups = operation({
  id: 'listGroups',
  method: 'GET',
  path: '/groups',
  tag,
  summary: 'List groups, by name',
  description:
    'Those that operators have described, and those that only users name. `GET /users?group=…` has the members.',
  scope: 'groups:read',
  params: nothing,
  query: z.strictObject(pageQuery),
  body: z.undefined(),
  result: pageOf(groupSchema),
  async run({ query, services }) {
    const { items, next } = await (await services.groups()).list(query);
    const views = await Promise.all(items.map((group) => shown(group, services)));
    // A name may be listed a little longer than anybody has it.
    const there = views.filter(({ described, members }) => described || members.count > 0);
    return { result: { items: there, next: next ?? null } };
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
    return { ...(await answerOfRecord(group, services)), createdAt: pathOf(group) };
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
      return answerOfRecord(await groups.update(params.group, { description }, by), services);
    if (await services.store.groups.find(params.group)) throw alreadyExists();
    const group = await groups.create({ name: params.group, description }, by);
    return { ...(await answerOfRecord(group, services)), createdAt: pathOf(group) };
  },
});

export const patchGroup = operation({
  id: 'patchGroup',
  method: 'PATCH',
  path: '/groups/{group}',
  tag,
  summary: 'Change members of a group',
  scope: 'groups:write',
  events: ['group.created', 'group.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: z.strictObject({ description }).partial().meta({ id: 'GroupPatch' }),
  result: groupSchema,
  async run({ params, body: { description }, by, services }) {
    const groups = await services.groups();
    if (description === undefined) return answerOf(await groups.get(params.group), services);
    const wanted = { description: description ?? undefined };
    return answerOfRecord(await groups.update(params.group, wanted, by), services);
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
