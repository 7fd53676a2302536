/**
 * The pages of users: the list, one user, and the forms that create and change one. endings.ts has those that end what a
 * user has.
 */
import {
  createApiKey,
  createSetupLink,
  createUser,
  deleteSecondFactors,
  deleteUser,
  disableUser,
  enableUser,
  getSecondFactors,
  getUser,
  listUsers,
  putUser,
  setUserPassword,
} from '../../admin/room.ts';
import { mayTouchUser } from '../../operators/room.ts';
import { newApiKeyOf } from '../api_keys/paths.ts';
import type { ConsolePage, ConsoleRequest } from '../page.ts';
import { enabledFilter } from '../parts/filters.ts';
import { formPage } from '../parts/form_page.ts';
import { listPage } from '../parts/list_page.ts';
import { objectPage } from '../parts/object_page.ts';
import { managerOf, managers, stateOf } from '../parts/states.ts';
import { show } from '../parts/values.ts';
import { endingPages } from './endings.ts';
import { fieldsToCreate, fieldsToEdit } from './fields.ts';
import { identityPages } from './identities.ts';
import { liveOf } from './live.ts';
import { operatorOf } from './operator_of.ts';
import { newUserPath, toUsers, trailTo, userPath, usersPath } from './paths.ts';
import { secondFactorPages } from './second_factors.ts';
import { factsOf, isEditable, noticeOf, sectionsOf, type User } from './shown_user.ts';

const section = 'users';

const list = listPage<User>({
  ...{ section, path: usersPath, title: 'Users', operation: listUsers },
  intro: 'The people who sign in here.',
  filters: [
    { name: 'text', label: 'Name or email' },
    { name: 'group', label: 'Group' },
    enabledFilter,
  ],
  columns: [
    { label: 'Username', value: ({ username }) => show.text(username) },
    { label: 'Email', value: ({ email }) => show.code(email) },
    { label: 'Groups', value: ({ groups }) => show.tags(groups) },
    { label: 'Managed by', value: (user) => show.text(managers[user.managed_by]) },
    { label: 'State', value: stateOf },
    { label: 'Changed', value: ({ updated_at: at }) => show.time(at) },
  ],
  hrefOf: ({ id }) => userPath(id),
  create: { operation: createUser, label: 'Create a user', href: newUserPath },
  empty: {
    title: 'No users yet',
    text: 'A user is a person who signs in to apps here. Create one, or let people come from the declarative file, an import, or another provider.',
  },
});

const create = formPage({
  ...{ section, path: newUserPath, name: 'users.create', operation: createUser },
  ...{ title: 'Create a user', command: 'Create a user', submit: 'Create user' },
  trail: () => [toUsers],
  fields: () => fieldsToCreate,
  done: ({ body }) => {
    const { id, username } = body as User;
    return { to: userPath(id), flash: { tone: 'good', text: `${username} is created.` } };
  },
});

async function isTouchable({ id }: User, request: ConsoleRequest): Promise<boolean> {
  return mayTouchUser(request.caller, await operatorOf(id, request)).allowed;
}

async function hasSecondFactors({ id }: User, { call }: ConsoleRequest): Promise<boolean> {
  const { body } = await call(getSecondFactors, { params: { user_id: id } });
  return body.authenticator_apps.length + body.passkeys.length > 0;
}

function removal(href: string) {
  const label = 'Remove second factors';
  return { operation: deleteSecondFactors, label, href, danger: true };
}

const object = objectPage<User>({
  ...{ section, path: `${usersPath}/:user_id`, read: getUser },
  ...{ listTitle: 'Users', listPath: usersPath },
  titleOf: ({ username }) => username,
  status: (user) => [stateOf(user), managerOf(user)],
  notice: async (user, request) =>
    request.may(putUser) && !(await isTouchable(user, request))
      ? 'This person has rights here that you do not have, so the account is not yours to change.'
      : noticeOf(user),
  facts: factsOf,
  async actions(user, request) {
    if (!(await isTouchable(user, request))) return [];
    const to = (below: string) => userPath(user.id, below);
    return [
      ...(isEditable(user) ? [{ operation: putUser, label: 'Edit', href: to('/edit') }] : []),
      {
        ...{ operation: createApiKey, label: 'Create API key' },
        href: newApiKeyOf({ user_id: user.id }),
      },
      { operation: setUserPassword, label: 'Set password', href: to('/password') },
      { operation: createSetupLink, label: 'Make a setup link', href: to('/setup-link') },
      ...((await hasSecondFactors(user, request)) ? [removal(to('/remove-second-factors'))] : []),
      user.enabled
        ? { operation: disableUser, label: 'Disable', href: to('/disable'), danger: true }
        : { operation: enableUser, label: 'Enable', href: to('/enable') },
      ...(isEditable(user)
        ? [{ operation: deleteUser, label: 'Delete', href: to('/delete'), danger: true }]
        : []),
    ];
  },
  sections: async (user, request) => sectionsOf(user, await liveOf(user.id, request), request),
});

/** Replaces all that is said of the user: claims that were taken out of the text are gone. */
const edit = formPage({
  ...{ section, path: `${usersPath}/:user_id/edit`, name: 'users.edit' },
  ...{ operation: putUser, read: getUser, submit: 'Save changes' },
  title: (user) => `Edit ${(user as User).username}`,
  trail: (_request, user) => trailTo(user as User),
  fields: () => fieldsToEdit,
  done: ({ body }) => ({
    to: userPath((body as User).id),
    flash: { tone: 'good', text: `${(body as User).username} is saved.` },
  }),
});

export const userPages: readonly ConsolePage[] = [
  list,
  ...create,
  object,
  ...edit,
  ...endingPages,
  ...secondFactorPages,
  ...identityPages,
];
