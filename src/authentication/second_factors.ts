/**
 * What second factors a person has, and their removal: what leaves a person without any takes along what is of use only
 * together with one.
 */
import type { AuditContext } from '../audit/room.ts';
import { CardeaError } from '../errors.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import type { Authenticators } from './authenticators.ts';
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
  removeApp(
    user: { id: string; by: AuditContext },
    app: { id: string; isRequired: boolean },
  ): Promise<boolean>;
};

export function createSecondFactors({
  authenticators,
  trustedBrowsers,
}: {
  authenticators: Pick<Authenticators, 'find' | 'change'>;
  trustedBrowsers: Pick<TrustedBrowsers, 'endAll'>;
}): SecondFactors {
  return {
    async removeApp({ id: userId, by }, { id, isRequired }) {
      const app = (await authenticators.find(userId))?.totps.find((totp) => totp.id === id);
      if (!app) return false;
      let isLast = false;
      const about = { type: 'authenticator.removed', by } as const;
      const details = { kind: 'totp', name: app.name };
      const isRemoved = await authenticators.change(userId, { ...about, details }, (owned) => {
        const totps = owned.totps.filter((totp) => totp.id !== id);
        if (totps.length === owned.totps.length) return undefined;
        isLast = !hasSecondFactor({ ...owned, totps });
        if (isLast && isRequired) throw required();
        return isLast ? { totps, recoveryCodes: undefined } : { totps };
      });
      if (isRemoved && isLast) await trustedBrowsers.endAll(userId);
      return isRemoved;
    },
  };
}

function required(): CardeaError {
  return new CardeaError({
    ...{ code: 'second_factor_required', status: 409 },
    message: 'This person has to have a second factor. Set up another one first.',
  });
}
