/**
 * The scopes that are about a person, and the claims that each releases: those of OpenID Connect, `groups` and
 * `roles`, and those of the declarative file. The scopes of APIs are not among them.
 */
import type { Declaration } from '../config/schema/declaration.ts';
import type { LocalText } from '../config/schema/local_text.ts';
import { claimName, claimsByScope, groupScopes } from '../definitions/claims.ts';
import { personScopeNames } from '../definitions/oauth.ts';

export type PersonScopes = {
  /** All of them. Those of OpenID Connect come first. */
  names: readonly string[];
  /** The claims that each scope releases; absent: none of its own. */
  claims: Readonly<Record<string, readonly string[]>>;
  /** The scope that releases this claim, its language tag aside. Undefined: none does. */
  scopeOf(claim: string): string | undefined;
  /** Whether apps or APIs get this claim at all, its language tag aside. */
  isReleased(claim: string): boolean;
  /** What the file says of a scope. Undefined: the pages have a text of their own. */
  textOf(scope: string): LocalText | undefined;
};

/** `isOfApi`: whether the access tokens of an API carry this claim. Default: of an API of the file. */
export function createPersonScopes(
  { scopes: declared, apis }: Pick<Declaration, 'scopes' | 'apis'>,
  isOfApi = (claim: string): boolean => apis.some(({ claims }) => claims.includes(claim)),
): PersonScopes {
  const claims: Record<string, readonly string[]> = {
    ...claimsByScope,
    ...groupScopes,
    ...Object.fromEntries(declared.map((scope) => [scope.name, scope.claims])),
  };
  const scopeByClaim = new Map(
    Object.entries(claims)
      .toReversed()
      .flatMap(([scope, released]) => released.map((claim) => [claim, scope])),
  );
  const texts = new Map(declared.map(({ name, description }) => [name, description]));
  return {
    names: personScopeNames(declared),
    claims,
    scopeOf: (claim) => scopeByClaim.get(claimName(claim)),
    isReleased: (claim) => scopeByClaim.has(claimName(claim)) || isOfApi(claimName(claim)),
    textOf: (scope) => texts.get(scope),
  };
}
