/**
 * What second factors a person has, and their removal: what leaves a person without any takes along what is of use only
 * together with one.
 */
import type { AuditContext } from '../audit/room.ts';
import { CardeaError } from '../errors.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import type { Authenticators } from './authenticators.ts';
import { lastWayIn, mayLackPassword, type PasswordOwner } from './last_way_in.ts';
import type { TrustedBrowsers } from './trusted_browsers.ts';

type Owned = Pick<AuthenticatorsRecord, 'totps' | 'passkeys'>;

/** Whether the person has any, so that what is sensitive asks for it. */
export function hasSecondFactor(owned: Owned | undefined): boolean {
  return owned !== undefined && owned.totps.length + owned.passkeys.length > 0;
}

export type SecondFactors = {
  /**
   * Removes an authenticator app; false where it is not there (any more). `isRequired`: the person must keep one. Throws
   * CardeaError `second_factor_required` (409).
   */
  removeApp(user: Remover, app: { id: string; isRequired: boolean }): Promise<boolean>;
  /**
   * The same for a passkey. Who has no password keeps the last one. Throws CardeaError `last_way_in` (409), too.
   */
  removePasskey(
    user: Remover,
    passkey: { id: string; isRequired: boolean; owner: PasswordOwner },
  ): Promise<boolean>;
};

type Remover = { id: string; by: AuditContext };

export function createSecondFactors({
  authenticators,
  trustedBrowsers,
}: {
  authenticators: Pick<Authenticators, 'find' | 'change'>;
  trustedBrowsers: Pick<TrustedBrowsers, 'endAll'>;
}): SecondFactors {
  /** `take`: what is left of them; undefined: it is not there. */
  const remove = async (
    { id: userId, by }: Remover,
    details: { kind: 'totp' | 'passkey'; name: string },
    isRequired: boolean,
    take: (owned: AuthenticatorsRecord) => Partial<Owned> | undefined,
  ): Promise<boolean> => {
    let isLast = false;
    const about = { type: 'authenticator.removed', by, details } as const;
    const isRemoved = await authenticators.change(userId, about, (owned) => {
      const left = take(owned);
      if (!left) return undefined;
      isLast = !hasSecondFactor({ ...owned, ...left });
      if (isLast && isRequired) throw required();
      return isLast ? { ...left, recoveryCodes: undefined } : left;
    });
    if (isRemoved && isLast) await trustedBrowsers.endAll(userId);
    return isRemoved;
  };

  return {
    async removeApp(user, { id, isRequired }) {
      const app = (await authenticators.find(user.id))?.totps.find((totp) => totp.id === id);
      if (!app) return false;
      return remove(user, { kind: 'totp', name: app.name }, isRequired, ({ totps }) => {
        const left = totps.filter((totp) => totp.id !== id);
        return left.length < totps.length ? { totps: left } : undefined;
      });
    },

    async removePasskey(user, { id, isRequired, owner }) {
      const found = (await authenticators.find(user.id))?.passkeys.find((one) => one.id === id);
      if (!found) return false;
      const details = { kind: 'passkey', name: found.name } as const;
      return remove(user, details, isRequired, (record) => {
        const { passkeys, identities } = record;
        const left = passkeys.filter((one) => one.id !== id);
        if (left.length === passkeys.length) return undefined;
        const isLast = left.length + identities.length === 0;
        if (isLast && mayLackPassword(record, owner)) throw lastWayIn();
        return { passkeys: left };
      });
    },
  };
}

function required(): CardeaError {
  return new CardeaError({
    ...{ code: 'second_factor_required', status: 409 },
    message: 'This person has to have a second factor. Set up another one first.',
  });
}
