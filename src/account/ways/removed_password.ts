/**
 * Giving up the password for passkeys. The last passkey stays from then on, whatever happens at the same time.
 */
import type { ChangeContext } from '../../audit/room.ts';
import { CardeaError } from '../../errors.ts';
import { type AccountPage, type AccountRequest, notThere } from '../page.ts';
import type { AccountServices } from '../services.ts';
import { endOtherSessions } from '../sessions/ended_sessions.ts';
import { ownPasskeys } from './passkeys/own_passkeys.ts';

export const removePath = '/password/remove';
const section = 'ways';
/** Somebody else may change the account meanwhile, such as a sign-in that hashes the password anew. */
const mostAttempts = 5;

export function mayRemovePassword(request: AccountRequest): boolean {
  const { person, services } = request;
  const isTheirs = person.passwordHash !== undefined;
  return isTheirs && !services.isPasswordDeclared(person.username) && hasUsablePasskey(request);
}

/** Where browsers do not use them for this issuer, they are no way in. */
function hasUsablePasskey(request: AccountRequest): boolean {
  return request.services.passkeys.isPossible && ownPasskeys(request).length > 0;
}

/** Throws CardeaError `last_way_in` (409): there is no passkey (any more). */
export async function removePassword(
  {
    users,
    authentication: { passwordRemoval },
  }: {
    users: Pick<AccountServices['users'], 'find' | 'removePassword'>;
    authentication: Pick<AccountServices['authentication'], 'passwordRemoval'>;
  },
  userId: string,
  by: ChangeContext,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const user = await users.find(userId);
    if (user?.passwordHash === undefined) return;
    await passwordRemoval.prepare(user);
    try {
      return await users.removePassword(userId, user.version, by);
    } catch (error) {
      const isOutrun = error instanceof CardeaError && error.code === 'version_mismatch';
      if (!isOutrun || attempt === mostAttempts) throw error;
    }
  }
}

const common = { path: removePath, section, needsFreshSignIn: true } as const;

export const removedPasswordPages: readonly AccountPage[] = [
  {
    ...{ ...common, method: 'GET', name: 'password.removal' },
    async handle(request) {
      const { link } = request;
      if (!mayRemovePassword(request)) throw notThere();
      return {
        page: 'account/password_removal',
        data: { action: link(removePath), cancelPath: link('/ways') },
      };
    },
  },
  {
    ...{ ...common, method: 'POST', name: 'password.remove' },
    async handle(request) {
      const { person, services, form, by, t, times, tell } = request;
      const words = t.password_removal;
      if (!mayRemovePassword(request)) throw notThere();
      try {
        await removePassword(services, person.id, by);
      } catch (error) {
        if (!(error instanceof CardeaError) || error.code !== 'last_way_in') throw error;
        return { to: '/ways', flash: { tone: 'warning', text: words.needs_passkey } };
      }
      const effectiveBy =
        form.get('end_sessions') === 'yes' ? await endOtherSessions(request) : undefined;
      await tell({ act: 'password_removed' });
      if (effectiveBy === undefined) {
        return { to: '/ways', flash: { tone: 'good', text: words.saved } };
      }
      const time = times.clock(effectiveBy);
      return { to: '/ways', flash: { tone: 'good', text: words.saved_and_ended, time } };
    },
  },
];
