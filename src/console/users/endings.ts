/**
 * Pages that end what a user has, and the one that lets a disabled user in again. Each names what ends now.
 */
import {
  deleteUser,
  disableUser,
  enableUser,
  endSession,
  getUser,
  revokeGrant,
  setUserPassword,
} from '../../admin/room.ts';
import { CardeaError } from '../../errors.ts';
import type { ConsolePage } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { password } from './fields.ts';
import { dependentsOf, endsNow, grantsOf, ownedStops, sessionsOf } from './live.ts';
import { trailTo, userPath, usersPath } from './paths.ts';
import type { User } from './shown_user.ts';

const section = 'users' as const;
const one = `${usersPath}/:user_id` as const;

const common = {
  ...{ section, read: getUser },
  trail: (user: object) => trailTo(user as User),
} as const;

const back = (user: object, text: string) => ({
  to: userPath((user as User).id),
  flash: { tone: 'good' as const, text },
});

const disable = confirmPage({
  ...{ ...common, path: `${one}/disable`, name: 'users.disable', operation: disableUser },
  ...{ submit: 'Disable user', danger: true },
  title: (user) => `Disable ${(user as User).username}?`,
  async consequences(user, request) {
    const dependents = await dependentsOf((user as User).id, request);
    return [
      'The person cannot sign in any more.',
      ...[endsNow(dependents), ...ownedStops(dependents)],
      'The user can be enabled again, and so are the API keys. What ended stays ended: the person signs in anew.',
    ];
  },
  done: ({ object: user }) =>
    back(user, `${(user as User).username} is disabled, and signed out everywhere.`),
});

const enable = confirmPage({
  ...{ ...common, path: `${one}/enable`, name: 'users.enable', operation: enableUser },
  submit: 'Enable user',
  title: (user) => `Enable ${(user as User).username}?`,
  consequences: () => [
    'The person can sign in again, as before. API keys of theirs work again.',
    'Sessions and tokens that ended do not come back.',
  ],
  done: ({ object: user }) => back(user, `${(user as User).username} is enabled.`),
});

const remove = confirmPage({
  ...{ ...common, path: `${one}/delete`, name: 'users.delete', operation: deleteUser },
  ...{ submit: 'Delete user', danger: true },
  title: (user) => `Delete ${(user as User).username}?`,
  async consequences(user, request) {
    const dependents = await dependentsOf((user as User).id, request);
    return [
      ...[endsNow(dependents), ...ownedStops(dependents)],
      'Whoever is created under the same name later is somebody else to apps.',
      'This cannot be undone. To keep the person out for a while, disable the user instead.',
    ];
  },
  typed: (user) => (user as User).username,
  done: ({ object: user }) => ({
    to: usersPath,
    flash: { tone: 'good', text: `${(user as User).username} is deleted, and signed out.` },
  }),
});

const newPassword = confirmPage({
  ...{ ...common, path: `${one}/password`, name: 'users.password', operation: setUserPassword },
  submit: 'Set password',
  title: (user) => `A new password for ${(user as User).username}`,
  consequences: async (user, request) => [
    'The old password works no more.',
    endsNow(await dependentsOf((user as User).id, request)),
    'API keys of theirs stay as they are.',
  ],
  fields: [{ ...password, label: 'New password', required: true }],
  done: ({ object: user }) =>
    back(user, `${(user as User).username} has a new password, and is signed out everywhere.`),
});

const endOneSession = confirmPage({
  ...{ ...common, path: `${one}/sessions/:session_id/end`, name: 'users.end_session' },
  ...{ operation: endSession, submit: 'End session', danger: true },
  title: (user) => `End a session of ${(user as User).username}?`,
  async consequences(user, { call, params }) {
    const { items } = await sessionsOf((user as User).id, { call });
    const session = items.find(({ id }) => id === params.session_id);
    if (!session) throw gone('session');
    const { clients } = session;
    return [
      'The person has to sign in anew in that browser.',
      clients.length === 0
        ? 'No app was signed in to with it.'
        : `It ends at ${clients.length === 1 ? 'one app' : `${clients.length} apps`}: ${clients.join(', ')}. Here at once, at verifiers that follow the status lists within seconds.`,
      'What apps got with offline_access stays: revoke the grant to end that.',
    ];
  },
  done: ({ object: user }) => back(user, `A session of ${(user as User).username} has ended.`),
});

const revokeOneGrant = confirmPage({
  ...{ ...common, path: `${one}/grants/:grant_id/revoke`, name: 'users.revoke_grant' },
  ...{ operation: revokeGrant, submit: 'Revoke grant', danger: true },
  title: (user) => `Revoke a grant of ${(user as User).username}?`,
  async consequences(user, { call, params }) {
    const { items } = await grantsOf((user as User).id, { call });
    const grant = items.find(({ id }) => id === params.grant_id);
    if (!grant) throw gone('grant');
    return [
      `All tokens that ${grant.client_id ?? 'the app'} has for the person end: here at once, at verifiers that follow the status lists within seconds.`,
      'The person is asked for consent again, where the app asks for it.',
    ];
  },
  done: ({ object: user }) => back(user, `A grant of ${(user as User).username} is revoked.`),
});

function gone(what: string): CardeaError {
  const message = `There is no such ${what} any more.`;
  return new CardeaError({ code: 'not_found', status: 404, message });
}

export const endingPages: readonly ConsolePage[] = [
  ...disable,
  ...enable,
  ...remove,
  ...newPassword,
  ...endOneSession,
  ...revokeOneGrant,
];
