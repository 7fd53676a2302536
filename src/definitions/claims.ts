/**
 * Claims about a user: those of OpenID Connect (Core section 5.1), groups and roles, and which names are the protocol's.
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

/** The claims that Cardea keeps as lists with each user, and the scopes that release them. */
export const groupScopes = { groups: ['groups'], roles: ['roles'] } as const;

export const standardClaims: ReadonlySet<string> = new Set(Object.values(claimsByScope).flat());

/** A claim's name without its language tag: `family_name` for `family_name#ja-Kana-JP` (Core section 5.2). */
export function claimName(claim: string): string {
  return claim.split('#', 1)[0] ?? claim;
}

/** The claims that a user's record has members of its own for, and where an operator writes them. */
export const claimsOfTheRecord: Readonly<Record<string, string>> = {
  sub: 'The subject is made by Cardea.',
  email: 'Write it as email of the user.',
  email_verified: 'Write it as email_verified of the user.',
  updated_at: 'Cardea keeps it itself.',
  groups: 'Write them as groups of the user.',
  roles: 'Write them as roles of the user.',
};

/** What the members of tokens mean is fixed (RFC 7519, RFC 9068, OpenID Connect Core section 2): no user has them. */
export const protocolClaims: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'sid', 'events'],
  ...['auth_time', 'acr', 'amr', 'at_hash', 'c_hash', 's_hash', 'cnf', 'act', 'may_act'],
  ...['client_id', 'scope', 'active', 'username', 'token_type', 'status', 'authorization_details'],
  ...[
    'family_id',
    'userinfo_claims',
    'api_key_id',
    'api_keys',
    'project',
    'environment',
    'derived',
  ],
]);
