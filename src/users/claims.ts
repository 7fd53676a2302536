/**
 * A user as claims (OpenID Connect Core sections 5.1 and 5.4). Only what a scope or an API releases is a claim, whatever
 * else the record contains.
 */
import { claimName, claimsOfTheRecord } from '../definitions/claims.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { UserRecord } from '../storage/users.ts';

/**
 * All claims of a user except `sub`. Groups and roles are there also when there are none: an app that maps them must
 * hear that somebody has left the last one.
 */
export function claimsOf(
  user: UserRecord,
  { isReleased }: Pick<PersonScopes, 'isReleased'>,
): Record<string, unknown> {
  const kept = Object.entries(user.claims).filter(
    ([name]) => !Object.hasOwn(claimsOfTheRecord, claimName(name)) && isReleased(name),
  );
  return {
    preferred_username: user.username,
    ...Object.fromEntries(kept),
    ...(user.email !== undefined && { email: user.email, email_verified: user.emailVerified }),
    groups: user.groups ?? [],
    roles: user.roles,
    updated_at: Math.floor(user.updatedAt / 1000),
  };
}
