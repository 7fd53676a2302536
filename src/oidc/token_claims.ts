/**
 * What access tokens say beyond what the library puts in: the family they belong to, the session they end
 * with, how and when the person signed in (RFC 9068 section 2.2.1), userinfo as a second audience and the
 * single claims that were asked of it.
 */
import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { sessionReference } from '../tokens/families.ts';
import type { RequestLinks } from './request_links.ts';

type IssuedToken = AccessToken | ClientCredentials;
type Source = {
  authTime?: number;
  acr?: string;
  amr?: string[];
  claims?: { userinfo?: Record<string, unknown> };
};

export type TokenClaims = {
  extra(ctx: KoaContextWithOIDC, token: IssuedToken): Record<string, unknown> | undefined;
  customize(token: IssuedToken, jwt: { payload: Record<string, unknown> }): void;
};

export function createTokenClaims({
  links,
  userinfoAudience,
}: {
  links: RequestLinks;
  userinfoAudience: string;
}): TokenClaims {
  return {
    extra(ctx, token) {
      if (token.kind !== 'AccessToken') return undefined;
      const { AuthorizationCode, DeviceCode, RefreshToken } = ctx.oidc.entities;
      const source: Source = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
      const { expiresWithSession, sessionUid, clientId } = token as AccessToken;
      const session = expiresWithSession && sessionUid && clientId;
      return {
        family_id: links.get().familyId,
        sid: session ? sessionReference(sessionUid, clientId) : undefined,
        auth_time: source.authTime,
        acr: source.acr,
        amr: source.amr,
        userinfo_claims: opensBoth(token) ? claimNames(source.claims?.userinfo) : undefined,
      };
    },

    customize(token, jwt) {
      if (opensBoth(token)) jwt.payload.aud = [jwt.payload.aud, userinfoAudience];
    },
  };
}

/** Whether a token that is for an API opens userinfo, too. */
function opensBoth(token: IssuedToken): boolean {
  const { kind, aud, scope } = token;
  return (
    kind === 'AccessToken' && aud !== undefined && Boolean(scope?.split(' ').includes('openid'))
  );
}

/** The library keeps the `claims` parameter only with tokens that are for userinfo alone. */
function claimNames(request: Record<string, unknown> | undefined): string[] | undefined {
  const names = Object.keys(request ?? {});
  return names.length > 0 ? names : undefined;
}
