/**
 * What access tokens say beyond what the library puts in: the family they belong to, the session they end
 * with, how and when the person signed in (RFC 9068 section 2.2.1), and userinfo as a second audience.
 */
import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { sessionReference } from '../tokens/families.ts';
import type { RequestLinks } from './request_links.ts';

type IssuedToken = AccessToken | ClientCredentials;
type SignIn = { authTime?: number; acr?: string; amr?: string[] };

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
      const source: SignIn = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
      const { expiresWithSession, sessionUid, clientId } = token as AccessToken;
      const session = expiresWithSession && sessionUid && clientId;
      return {
        family_id: links.get().familyId,
        sid: session ? sessionReference(sessionUid, clientId) : undefined,
        auth_time: source.authTime,
        acr: source.acr,
        amr: source.amr,
      };
    },

    customize(token, jwt) {
      const opensUserinfo =
        token.kind === 'AccessToken' && token.scope?.split(' ').includes('openid');
      if (opensUserinfo) jwt.payload.aud = [jwt.payload.aud, userinfoAudience];
    },
  };
}
