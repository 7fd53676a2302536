/**
 * A user as OpenID Connect claims (Core sections 5.1 and 5.4). Only standard claims leave the house; what
 * the record keeps beyond them does not.
 */
import type { UserRecord } from '../storage/users.ts';

/** Core section 5.4: what each scope releases. */
export const claimsByScope: Readonly<Record<string, readonly string[]>> = {
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

const standardClaims = new Set(Object.values(claimsByScope).flat());

/** All standard claims of a user but `sub`. The email is the record's own, whatever its claims say. */
export function claimsOf(user: UserRecord): Record<string, unknown> {
  const kept = Object.entries(user.claims).filter(([name]) =>
    standardClaims.has(claimNameOf(name)),
  );
  const { email: _email, email_verified: _verified, ...claims } = Object.fromEntries(kept);
  return {
    preferred_username: user.username,
    ...claims,
    ...(user.email !== undefined && { email: user.email, email_verified: user.emailVerified }),
    updated_at: Math.floor(user.updatedAt / 1000),
  };
}

/** The claims that these scopes release. */
export function claimsFor(user: UserRecord, scopes: Iterable<string>): Record<string, unknown> {
  const released = new Set([...scopes].flatMap((scope) => claimsByScope[scope] ?? []));
  return Object.fromEntries(
    Object.entries(claimsOf(user)).filter(([name]) => released.has(claimNameOf(name))),
  );
}

/** Core section 5.2: a claim may carry a language tag, `family_name#ja-Kana-JP`. */
function claimNameOf(claim: string): string {
  return claim.split('#', 1)[0] ?? claim;
}
