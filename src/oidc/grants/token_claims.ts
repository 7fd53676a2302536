/**
 * What access tokens say beyond what the library puts in: the family they belong to, the session they end
 * with, how and when the person signed in (RFC 9068 section 2.2.1), userinfo as a second audience and the
 * single claims that were asked of it, and where their revocation would show.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccessToken, KoaContextWithOIDC } from 'oidc-provider';
import {
  positionOf,
  type Revocations,
  type StatusAssignment,
  type StatusClaim,
  scopeWords,
  sessionReference,
} from '../../tokens/room.ts';
import { clientAsOf } from '../clients/client_as_of.ts';
import { createRequestSlot } from '../engine/request_slots.ts';
import type { TokenStamps } from '../records/revocation_stamps.ts';
import { currentFamily } from '../records/token_family.ts';
import { opensBoth } from '../records/userinfo_tokens.ts';
import type { ClaimsForApi } from './api_claims.ts';

type Source = {
  authTime?: number;
  acr?: string;
  amr?: string[];
  claims?: { userinfo?: Record<string, unknown> };
};

/**
 * Gives the JWT access token that is being issued another bit, for a token that the key of this `kid` signs. Set here;
 * read by endpoints/living_signatures.ts.
 */
const reassignment = createRequestSlot<(keyId: string) => Promise<StatusClaim>>();

export const statusReassignment = reassignment.get;

export type TokenClaims = {
  extra(ctx: KoaContextWithOIDC, token: AccessToken): Promise<Record<string, unknown> | undefined>;
  /** Throws InvalidGrant when what the token springs from has been revoked meanwhile. */
  customize(token: AccessToken, jwt: { payload: Record<string, unknown> }): Promise<void>;
};

export function createTokenClaims({
  claimsForApi,
  userinfoAudience,
  status,
  stamps,
  revocations,
  keyId,
}: {
  claimsForApi: ClaimsForApi;
  userinfoAudience: string;
  status: StatusAssignment;
  stamps: Pick<TokenStamps, 'assertAlive'>;
  revocations: Pick<Revocations, 'mark'>;
  /** The `kid` of the key that signs these tokens. */
  keyId: string;
}): TokenClaims {
  /** Its bit in a status list, on record by now. */
  const assignStatus = async (
    token: AccessToken,
    { jti, aud, iat, exp }: Record<string, unknown>,
    signedBy: string,
  ): Promise<StatusClaim> => {
    const { clientId = '' } = token;
    const facts = {
      ...{ clientId, keyId: signedBy, api: String(aud) },
      issuedAt: Number(iat),
      expiresAt: Number(exp),
    };
    const { accountId, grantId, extra } = token;
    const claim = await status.toSingle({
      ...facts,
      userId: accountId,
      grantId,
      familyId: currentFamily(),
      session: extra?.sid as string | undefined,
      asOf: clientAsOf(),
    });
    const about = { ...(grantId && { grantId }), accountId, clientId, extra };
    const family = await stamps.assertAlive(about);
    // One that was ended before this token was on record did not set its bit.
    if (family === 'ended') {
      const expiresAt = facts.expiresAt * 1000;
      await revocations.mark({ token: String(jti), expiresAt, status: positionOf(claim) });
    }
    return claim;
  };

  return {
    async extra(ctx, token) {
      const { AuthorizationCode, DeviceCode, RefreshToken } = ctx.oidc.entities;
      const source: Source = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
      const { expiresWithSession, sessionUid, clientId } = token;
      const session = expiresWithSession && sessionUid && clientId;
      return {
        ...(await claimsForApi({
          audience: token.aud,
          accountId: token.accountId,
          scopes: scopeWords(token.scope),
        })),
        family_id: currentFamily(),
        sid: session ? sessionReference(sessionUid, clientId) : undefined,
        auth_time: source.authTime,
        acr: source.acr,
        amr: source.amr,
        userinfo_claims: opensBoth(token.kind, token)
          ? claimNames(source.claims?.userinfo)
          : undefined,
      };
    },

    async customize(token, jwt) {
      const payload = { ...jwt.payload };
      const inRequest = AsyncLocalStorage.snapshot();
      // Asked for when the library has let go of the request.
      reassignment.set((signedBy) => inRequest(() => assignStatus(token, payload, signedBy)));
      jwt.payload.status = await assignStatus(token, payload, keyId);
      if (opensBoth(token.kind, token)) jwt.payload.aud = [jwt.payload.aud, userinfoAudience];
    },
  };
}

/** The library keeps the `claims` parameter only with tokens that are for userinfo alone. */
function claimNames(request: Record<string, unknown> | undefined): string[] | undefined {
  const names = Object.keys(request ?? {});
  return names.length > 0 ? names : undefined;
}
