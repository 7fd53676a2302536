/**
 * Single claims, as the `claims` parameter asks for them (OpenID Connect Core section 5.5). A claim is a
 * part of the scope that releases it: what a client may not ask for as a scope, it does not get as a claim
 * either, and a person decides about both together.
 */
import { deeperThan } from '../../http/json_depth.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { errors } from '../engine/library.ts';

/** Claims by the scope that releases them; those that none releases (`sub`, `acr`, ...) are left out. */
export function claimsByTheirScope(
  claims: Iterable<string>,
  { scopeOf }: Pick<PersonScopes, 'scopeOf'>,
): Map<string, string[]> {
  const known = [...new Set(claims)].filter((claim) => scopeOf(claim) !== undefined);
  return Map.groupBy(known, (claim) => scopeOf(claim) ?? '');
}

/** The names in a `claims` parameter that the library has found to be well formed. */
export function claimsAskedFor(parameter: unknown): string[] {
  if (typeof parameter !== 'string') return [];
  const { userinfo, id_token } = JSON.parse(parameter) as Record<string, object | undefined>;
  return [...Object.keys(userinfo ?? {}), ...Object.keys(id_token ?? {})];
}

/** A parameter, its two members, a claim, a list of values. */
const claimsLevels = 4;

/** Throws InvalidRequest for a `claims` parameter that is not what OpenID Connect Core 5.5.1 describes. */
export function checkClaimsParameter(claims: object): void {
  if (deeperThan(claims, claimsLevels)) {
    throw new errors.InvalidRequest('claims parameter is nested too deeply');
  }
  const { userinfo, id_token } = claims as Record<string, object | undefined>;
  for (const [member, requests] of Object.entries({ userinfo, id_token })) {
    if (Object.values(requests ?? {}).every(isClaimRequest)) continue;
    throw new errors.InvalidRequest(`claims.${member} members must be null or objects`);
  }
}

function isClaimRequest(request: unknown): boolean {
  if (request === null) return true;
  if (typeof request !== 'object' || Array.isArray(request)) return false;
  const { values = [] } = request as { values?: unknown };
  return Array.isArray(values);
}
