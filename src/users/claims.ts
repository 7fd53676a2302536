/**
 * A user as OpenID Connect claims (Core sections 5.1 and 5.4). Only standard claims are released, whatever else
 * the record contains.
 */
import { claimName, claimsByScope, standardClaims } from '../definitions/claims.ts';
import type { UserRecord } from '../storage/users.ts';

/**
 * All standard claims of a user except `sub`. The email is always the record's own, whatever its claims say.
 */
export function claimsOf(user: UserRecord): Record<string, unknown> {
  const kept = Object.entries(user.claims).filter(([name]) => standardClaims.has(claimName(name)));
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
    Object.entries(claimsOf(user)).filter(([name]) => released.has(claimName(name))),
  );
}
