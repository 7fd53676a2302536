/**
 * How long a new password must be, in characters: shorter where the person also has, or must have, a second factor
 * (NIST SP 800-63B-4 section 3.1.1.2). An owner's is always as long as if it were all there is.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import { isStrongEnough, strongest } from '../definitions/authentication.ts';
import { passwordLength } from '../definitions/lengths.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';

/** `id` is undefined for somebody who is being made. */
export type PasswordMin = (person: {
  id?: string | undefined;
  roles: readonly string[];
}) => Promise<number>;

export function createPasswordMin({
  policy: { acr, acr_of_roles: acrOfRoles },
  authenticatorsOf,
  isOwner,
}: {
  policy: Pick<Declaration['sign_in'], 'acr' | 'acr_of_roles'>;
  authenticatorsOf: (userId: string) => Promise<Pick<AuthenticatorsRecord, 'totps'> | undefined>;
  isOwner: (userId: string) => Promise<boolean>;
}): PasswordMin {
  return async ({ id, roles }) => {
    if (id !== undefined && (await isOwner(id))) return passwordLength.alone;
    const required = strongest([acr, ...roles.map((role) => acrOfRoles[role])]);
    if (isStrongEnough(required, 'mfa')) return passwordLength.min;
    const owned = id === undefined ? undefined : await authenticatorsOf(id);
    // A passkey stands beside the password: nobody is asked for it after one.
    const hasSecond = owned !== undefined && owned.totps.length > 0;
    return hasSecond ? passwordLength.min : passwordLength.alone;
  };
}
