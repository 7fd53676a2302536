/**
 * Operations on users.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { maxLength } from '../../definitions/lengths.ts';
import { CardeaError } from '../../errors.ts';
import { mayTouchUser, requireAllowed } from '../../operators/room.ts';
import type { UserRecord } from '../../storage/users.ts';
import type { AdminCaller } from '../caller.ts';
import { mergePatch } from '../merge_patch.ts';
import { type Call, operation } from '../operation.ts';
import { flag, noContent, nothing, pageOf, pageQuery, searchQuery } from '../schemas.ts';
import type { AdminServices } from '../services.ts';
import {
  contentOf,
  newPassword,
  userInput,
  userPatch,
  userReplacement,
  userSchema,
  userView,
} from '../views/user_view.ts';
import { onNewest } from '../write_to_newest.ts';

const tag = 'Users';
const one = z.strictObject({ user_id: z.string().min(1).max(maxLength.subject) });

const answerOf = async (record: UserRecord, { declared }: AdminServices) => ({
  result: userView(record, (await declared()).managementOf.user(record)),
  version: record.version,
});

/** By id, or by any spelling of the username or the email. Throws CardeaError `not_found`. */
export const foundUser = async ({ users }: AdminServices, name: string) => {
  const room = await users();
  const user = (await room.find(name)) ?? (await room.lookUp(name));
  if (!user) throw noSuchUser();
  return user;
};

/** The user, whom the caller may change. Throws CardeaError `not_found`, `more_than_own`. */
export const touched = async (services: AdminServices, id: string, caller: AdminCaller) => {
  const user = await foundUser(services, id);
  const grant = await (await services.operators()).find(user.id);
  requireAllowed(mayTouchUser(caller, grant));
  return user;
};

export const listUsers = operation({
  id: 'listUsers',
  method: 'GET',
  path: '/users',
  tag,
  summary: 'List users, by username',
  scope: 'users:read',
  params: nothing,
  query: z.strictObject({
    ...pageQuery,
    ...searchQuery,
    group: z.string().min(1).max(maxLength.membership).optional(),
    enabled: flag.optional(),
  }),
  body: z.undefined(),
  result: pageOf(userSchema),
  async run({ query, services }) {
    const { items, next } = await (await services.users()).list(query);
    const { managementOf } = await services.declared();
    const views = items.map((record) => userView(record, managementOf.user(record)));
    return { result: { items: views, next: next ?? null } };
  },
});

export const createUser = operation({
  id: 'createUser',
  method: 'POST',
  path: '/users',
  tag,
  summary: 'Create a user',
  description: 'Without a password the user cannot sign in with one.',
  scope: 'users:write',
  errors: ['already_exists'],
  events: ['user.created'],
  creates: true,
  idempotent: true,
  params: nothing,
  query: nothing,
  body: userInput,
  result: userSchema,
  async run({ body: { email, email_verified, ...user }, by, services }) {
    const wanted = { ...user, email: email ?? undefined, emailVerified: email_verified };
    const record = await (await services.users()).create(wanted, by);
    const createdAt = `/users/${encodeURIComponent(record.id)}`;
    return { ...(await answerOf(record, services)), createdAt };
  },
});

export const getUser = operation({
  id: 'getUser',
  method: 'GET',
  path: '/users/{user_id}',
  tag,
  summary: 'Read a user, by id, username or email',
  scope: 'users:read',
  params: one,
  query: nothing,
  body: z.undefined(),
  result: userSchema,
  run: async ({ params, services }) =>
    answerOf(await foundUser(services, params.user_id), services),
});

export const putUser = operation({
  id: 'putUser',
  method: 'PUT',
  path: '/users/{user_id}',
  tag,
  summary: 'Replace what is said of a user',
  description: 'The password stays. The same request again changes nothing.',
  scope: 'users:write',
  errors: ['already_exists', 'managed_by_file', 'more_than_own'],
  events: ['user.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: userReplacement,
  result: userSchema,
  async run({ body, ...call }) {
    const { username, email, email_verified, claims, groups, roles } = body;
    return changed(call, () => ({ username, email, email_verified, claims, groups, roles }));
  },
});

export const patchUser = operation({
  id: 'patchUser',
  method: 'PATCH',
  path: '/users/{user_id}',
  tag,
  summary: 'Change members of a user',
  scope: 'users:write',
  errors: ['already_exists', 'managed_by_file', 'more_than_own'],
  events: ['user.updated'],
  versioned: true,
  params: one,
  query: nothing,
  body: userPatch,
  result: userSchema,
  async run({ body, ...call }) {
    return changed(call, (has) => {
      const { claims = {}, ...rest } = mergePatch(has, body) as Content;
      return { ...rest, claims };
    });
  },
});

type Content = ReturnType<typeof contentOf>;

/** Gives the user the content that `wanted` makes of what there is. */
async function changed(
  {
    params,
    by,
    caller,
    services,
  }: Omit<Call<z.output<typeof one>, unknown, unknown>, 'body' | 'query'>,
  wanted: (has: Content) => Content,
) {
  const users = await services.users();
  const user = await touched(services, params.user_id, caller);
  services.places.requireNotManaged('user', user.username);
  const record = await onNewest({
    expectedVersion: by.expectedVersion,
    read: () => foundUser(services, user.id),
    write: async (stored) => {
      const has = contentOf(stored);
      const content = wanted(has);
      if (isDeepStrictEqual(has, content)) return stored;
      const { email_verified: emailVerified, ...change } = content;
      const on = { ...by, expectedVersion: stored.version };
      return users.update(stored.id, { ...change, emailVerified }, on);
    },
  });
  return answerOf(record, services);
}

export const deleteUser = operation({
  id: 'deleteUser',
  method: 'DELETE',
  path: '/users/{user_id}',
  tag,
  summary: 'Delete a user and end everything of theirs',
  scope: 'users:write',
  errors: ['managed_by_file', 'last_owner', 'more_than_own'],
  events: ['user.deleted', 'revocation.user'],
  versioned: true,
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: noContent,
  async run({ params, by, caller, services }) {
    const user = await touched(services, params.user_id, caller);
    services.places.requireNotManaged('user', user.username);
    await (await services.users()).remove(user.id, by);
    return { result: undefined };
  },
});

export const disableUser = operation({
  id: 'disableUser',
  method: 'POST',
  path: '/users/{user_id}/disable',
  tag,
  summary: 'Block a user and end everything of theirs',
  scope: 'users:write',
  errors: ['last_owner', 'more_than_own'],
  events: ['user.disabled', 'revocation.user'],
  sensitive: true,
  params: one,
  query: nothing,
  body: nothing,
  result: userSchema,
  async run({ params, by, caller, services }) {
    const { id } = await touched(services, params.user_id, caller);
    return answerOf(await (await services.users()).disable(id, by), services);
  },
});

export const enableUser = operation({
  id: 'enableUser',
  method: 'POST',
  path: '/users/{user_id}/enable',
  tag,
  summary: 'Let a disabled user in again',
  scope: 'users:write',
  errors: ['more_than_own'],
  events: ['user.enabled'],
  params: one,
  query: nothing,
  body: nothing,
  result: userSchema,
  async run({ params, by, caller, services }) {
    const { id } = await touched(services, params.user_id, caller);
    return answerOf(await (await services.users()).enable(id, by), services);
  },
});

export const setUserPassword = operation({
  id: 'setUserPassword',
  method: 'PUT',
  path: '/users/{user_id}/password',
  tag,
  summary: 'Give a user a new password and end everything of theirs',
  scope: 'users:write',
  errors: ['invalid_password', 'more_than_own'],
  events: ['user.password_changed', 'revocation.user'],
  sensitive: true,
  params: one,
  query: nothing,
  body: z.strictObject({ password: newPassword }),
  result: noContent,
  async run({ params, body: { password }, by, caller, services }) {
    const { id } = await touched(services, params.user_id, caller);
    await (await services.users()).setPassword(id, password, by);
    return { result: undefined };
  },
});

function noSuchUser(): CardeaError {
  return new CardeaError({ code: 'not_found', status: 404, message: 'No such user.' });
}

export const userOperations = [
  listUsers,
  createUser,
  getUser,
  putUser,
  patchUser,
  deleteUser,
  disableUser,
  enableUser,
  setUserPassword,
] as const;
