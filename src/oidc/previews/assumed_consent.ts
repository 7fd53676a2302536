/**
 * What a person would have agreed to by the end of an authorization request: what they have decided stays as it is, and
 * to all else that is asked they agree.
 */
import type { Grant } from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import { scopeWords } from '../../tokens/room.ts';
import type { ProgramContext } from '../engine/program_context.ts';
import { decide } from '../grants/consent.ts';
import { type RequestedScopes, requestedScopes } from '../grants/requested_scopes.ts';
import { marksOf, rememberShown, shownFor } from '../grants/shown_consent.ts';

/**
 * Writes it into the request's grant, as the consent page would, and answers the scopes that the person has refused.
 * Where nobody is asked (`consent: skip`), the grant is whole by then.
 */
export async function assumeConsent(
  ctx: ProgramContext,
  parts: {
    apis: Pick<ApiRegistry, 'find'>;
    scopes: Pick<PersonScopes, 'scopeOf' | 'textOf' | 'claims'>;
  },
): Promise<string[]> {
  const { client, params } = ctx.oidc;
  const grant = ctx.oidc.entities.Grant;
  if (!client || !grant) throw new Error('consent is assumed for a known client and user');
  if (client.consent === 'skip') return [];
  const requested = requestedScopes(client, params, parts);
  const refused = refusedIn(grant, requested);
  const chosen = new Set(askedIn(requested).filter((name) => !refused.has(name)));
  const decided = decide(grant, requested, { chosen, scopes: parts.scopes });
  const shown = shownFor(client, requested, params.redirect_uri);
  rememberShown(
    grant,
    marksOf(shown, (text) => (typeof text === 'string' ? text : (Object.values(text)[0] ?? ''))),
  );
  const grantId = await grant.save();
  ctx.oidc.session?.grantIdFor(client.clientId, grantId);
  Object.assign(ctx.oidc.result ?? {}, { consent: { grantId } });
  return decided.refused;
}

function askedIn({ openid, claims, apis }: RequestedScopes): string[] {
  return [
    ...openid,
    ...claims.map(({ scope }) => scope),
    ...apis.flatMap(({ scopes }) => scopes.map(({ name }) => name)),
  ];
}

function refusedIn(grant: Grant, { claims, apis }: RequestedScopes): Set<string> {
  const refusedClaims = grant.getRejectedOIDCClaims();
  const agreed = scopeWords(grant.getOIDCScope());
  return new Set([
    ...scopeWords(grant.getRejectedOIDCScope()),
    ...apis.flatMap(({ identifier }) => scopeWords(grant.getRejectedResourceScope(identifier))),
    ...claims
      .filter(({ scope, names }) => !agreed.includes(scope) && names.some(isIn(refusedClaims)))
      .map(({ scope }) => scope),
  ]);
}

function isIn(list: readonly string[]): (name: string) => boolean {
  return (name) => list.includes(name);
}
