/**
 * Whether somebody still has a way to sign in, which is in two records: the password in that of the user, passkeys and
 * providers in that of the authenticators. Whoever gives up the password first notes here from which version of the user
 * it goes, and takes it from that version alone. So of two requests at the same time, one for the password and one for the
 * last passkey, one is refused, whichever processes they are in: a note that is no older than the user as the other one
 * knows it may still take the password, and an older one cannot any more.
 */
import { CardeaError } from '../errors.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import type { UserRecord } from '../storage/users.ts';
import type { Authenticators } from './authenticators.ts';

/** As it was read before the decision. */
export type PasswordOwner = Pick<UserRecord, 'passwordHash' | 'version'>;

/** Whether the person has no password, or may have none in a moment. To be asked of the record as it is changed. */
export function mayLackPassword(
  { passwordGoesFrom = 0 }: Pick<AuthenticatorsRecord, 'passwordGoesFrom'>,
  { passwordHash, version }: PasswordOwner,
): boolean {
  return passwordHash === undefined || passwordGoesFrom >= version;
}

export type PasswordRemoval = {
  /**
   * To be called before the password is taken from this version of the user; from then on the last passkey stays. Throws
   * CardeaError `last_way_in` (409): there is none.
   */
  prepare(user: { id: string; version: number }): Promise<void>;
};

export function createPasswordRemoval({
  authenticators,
}: {
  authenticators: Pick<Authenticators, 'change'>;
}): PasswordRemoval {
  return {
    async prepare({ id, version }) {
      await authenticators.change(id, undefined, ({ passkeys, passwordGoesFrom = 0 }) => {
        if (passkeys.length === 0) throw lastWayIn();
        return { passwordGoesFrom: Math.max(passwordGoesFrom, version) };
      });
    },
  };
}

/** 409 */
export function lastWayIn(): CardeaError {
  return new CardeaError({
    ...{ code: 'last_way_in', status: 409 },
    message: 'It is the only way in which this person can sign in. Set up another one first.',
  });
}
