/**
 * The standard claims of a user (OpenID Connect Core section 5.1).
 */

/** The claims that each scope releases (Core section 5.4). */
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

export const standardClaims: ReadonlySet<string> = new Set(Object.values(claimsByScope).flat());

/** A claim's name without its language tag: `family_name` for `family_name#ja-Kana-JP` (Core section 5.2). */
export function claimName(claim: string): string {
  return claim.split('#', 1)[0] ?? claim;
}
