/**
 * Writes a person's decision into the grant. What is taken is granted and no longer refused; what is left
 * out is refused, so that it is not asked again at each sign-in.
 */
import type { Grant } from 'oidc-provider';
import type { PersonScopes } from '../../scopes/room.ts';
import { isRequired, type RequestedScopes } from './requested_scopes.ts';

type Refused = {
  openid?: { scope?: string; claims?: string[] };
  resources?: Record<string, string>;
};

export function decide(
  grant: Grant,
  requested: RequestedScopes,
  {
    chosen,
    scopes: { scopeOf },
  }: { chosen: ReadonlySet<string>; scopes: Pick<PersonScopes, 'scopeOf'> },
): { granted: string[]; refused: string[] } {
  const isGranted = (scope: string) => isRequired(scope) || chosen.has(scope);
  forget(grant.rejected as Refused | undefined, requested, scopeOf);

  const openid = split(requested.openid, isGranted);
  if (openid.granted.length > 0) grant.addOIDCScope(openid.granted.join(' '));
  if (openid.refused.length > 0) grant.rejectOIDCScope(openid.refused.join(' '));
  for (const { scope, names, allowed } of requested.claims) {
    if (allowed && isGranted(scope)) grant.addOIDCClaims(names);
    else grant.rejectOIDCClaims(names);
  }

  const all = { granted: [...openid.granted], refused: [...openid.refused] };
  for (const { identifier, scopes } of requested.apis) {
    const own = split(
      scopes.map(({ name }) => name),
      isGranted,
    );
    // The API's token also opens userinfo, so it carries the scopes of both.
    const granted = [...own.granted, ...openid.granted];
    const refused = [...own.refused, ...openid.refused];
    if (granted.length > 0) grant.addResourceScope(identifier, granted.join(' '));
    if (refused.length > 0) grant.rejectResourceScope(identifier, refused.join(' '));
    all.granted.push(...own.granted);
    all.refused.push(...own.refused);
  }
  return all;
}

function split(scopes: string[], isGranted: (scope: string) => boolean) {
  return {
    granted: scopes.filter(isGranted),
    refused: scopes.filter((scope) => !isGranted(scope)),
  };
}

/** Takes back earlier refusals of what is asked now. */
function forget(
  rejected: Refused | undefined,
  requested: RequestedScopes,
  scopeOf: PersonScopes['scopeOf'],
): void {
  if (!rejected) return;
  const without = (text: string, names: string[]) =>
    text
      .split(' ')
      .filter((name) => !names.includes(name))
      .join(' ');
  if (rejected.openid?.scope) {
    rejected.openid.scope = without(rejected.openid.scope, requested.openid);
  }
  if (rejected.openid?.claims) {
    const asked = new Set(requested.claims.flatMap(({ names }) => names));
    const scopes = new Set(requested.openid);
    rejected.openid.claims = rejected.openid.claims.filter(
      (claim) => !asked.has(claim) && !scopes.has(scopeOf(claim) ?? ''),
    );
  }
  for (const { identifier, scopes } of requested.apis) {
    const earlier = rejected.resources?.[identifier];
    if (!earlier || !rejected.resources) continue;
    const asked = [...scopes.map(({ name }) => name), ...requested.openid];
    rejected.resources[identifier] = without(earlier, asked);
  }
}
