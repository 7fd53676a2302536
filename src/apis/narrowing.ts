/**
 * Whether a change takes something away from what an API's tokens may say or do. Those that were issued before are then
 * revoked: nobody would have issued them under the new rules.
 */
import type { ApiDeclaration } from '../config/schema/declaration.ts';

/** Fewer scopes or claims, a shorter life, opaque tokens where there were JWTs, or keys of users that may do less. */
export function isNarrower(after: ApiDeclaration, before: ApiDeclaration): boolean {
  const scopesAfter = Object.keys(after.scopes);
  return (
    !isSubset(Object.keys(before.scopes), scopesAfter) ||
    !isSubset(before.claims, after.claims) ||
    after.access_token_lifetime < before.access_token_lifetime ||
    (before.access_token_format === 'jwt' && after.access_token_format === 'opaque') ||
    !isSubset(before.user_key_scopes ?? scopesAfter, after.user_key_scopes ?? scopesAfter)
  );
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}
