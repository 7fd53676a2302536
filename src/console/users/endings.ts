/**
 * Pages that end what a user has, and the one that lets a disabled user in again. Each names what ends now.
 */
import type { z } from 'zod';
import {
  deleteUser,
  disableUser,
  enableUser,
  endSession,
  getGrant,
  getSession,
  getUser,
  revokeGrant,
  setUserPassword,
} from '../../admin/room.ts';
import type { ConsolePage } from '../page.ts';
import { confirmPage } from '../parts/confirm_page.ts';
import { password } from './fields.ts';
import { dependentsOf, endsNow, ownedStops } from './live.ts';
import { grantsPath, trailTo, userPath, usersPath } from './paths.ts';
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

type Ending<Ended> = { user: User; ended: Ended };
type Session = z.input<(typeof getSession)['result']>;
type Grant = z.input<(typeof getGrant)['result']>;

/** The session is read as one of this user: with another one's there is no such page. */
const endOneSession = confirmPage({
  ...{ section, path: `${one}/sessions/:session_id/end`, name: 'users.end_session' },
  ...{ operation: endSession, submit: 'End session', danger: true },
  async read({ call, params }) {
    const { body: ended } = await call(getSession, { params });
    const { body: user } = await call(getUser, { params: { user_id: ended.user_id } });
    return { user, ended };
  },
  trail: (ending) => trailTo((ending as Ending<Session>).user),
  title: (ending) => `End a session of ${(ending as Ending<Session>).user.username}?`,
  consequences(ending) {
    const { clients } = (ending as Ending<Session>).ended;
    return [
      'The person has to sign in anew in that browser.',
      clients.length === 0
        ? 'No app was signed in to with it.'
        : `It ends at ${clients.length === 1 ? 'one app' : `${clients.length} apps`}: ${clients.join(', ')}. Here at once, at verifiers that follow the status lists within seconds.`,
      'What apps got with offline_access stays: revoke the grant to end that.',
    ];
  },
  done({ object }) {
    const { user } = object as Ending<Session>;
    return back(user, `A session of ${user.username} has ended.`);
  },
});

/** Of whom it is says the grant, not the address. */
const revokeOneGrant = confirmPage({
  ...{ section, path: `${grantsPath}/:grant_id/revoke`, name: 'users.revoke_grant' },
  ...{ operation: revokeGrant, submit: 'Revoke grant', danger: true },
  async read({ call, params }) {
    const { body: ended } = await call(getGrant, { params });
    const { body: user } = await call(getUser, { params: { user_id: ended.user_id ?? '' } });
    return { user, ended };
  },
  trail: (ending) => trailTo((ending as Ending<Grant>).user),
  title: (ending) => `Revoke a grant of ${(ending as Ending<Grant>).user.username}?`,
  consequences: (ending) => [
    `All tokens that ${(ending as Ending<Grant>).ended.client_id ?? 'the app'} has for the person end: here at once, at verifiers that follow the status lists within seconds.`,
    'The person is asked for consent again, where the app asks for it.',
  ],
  done({ object }) {
    const { user } = object as Ending<Grant>;
    return back(user, `A grant of ${user.username} is revoked.`);
  },
});

export const endingPages: readonly ConsolePage[] = [
  ...disable,
  ...enable,
  ...remove,
  ...newPassword,
  ...endOneSession,
  ...revokeOneGrant,
];
