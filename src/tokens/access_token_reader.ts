/**
 * Reads JWT access tokens that this server issued (RFC 9068): signature by a published or just retired
 * key, type, issuer, expiry, and whether anything it hangs on was revoked. It answers undefined for all
 * that is not a live token of ours, whatever the reason: callers must not be able to tell.
 */
import { compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { type Clock, epochSeconds } from '../clock.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import { grantOf } from './families.ts';
import type { Revocations } from './revocations.ts';

const claimsSchema = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  jti: z.string(),
  client_id: z.string(),
  scope: z.string().optional(),
  family_id: z.string().optional(),
  sid: z.string().optional(),
  cnf: z.object({ jkt: z.string().optional(), 'x5t#S256': z.string().optional() }).optional(),
});

export type AccessTokenClaims = z.output<typeof claimsSchema>;

export type ReadAccessToken = {
  claims: AccessTokenClaims;
  /** The user, also where the token's `sub` is pairwise; absent: the client acts for itself. */
  accountId: string | undefined;
  grantId: string | undefined;
};

export type AccessTokenReader = { read(token: string): Promise<ReadAccessToken | undefined> };

/** Whether a text has the shape of a JWS in compact serialisation (RFC 7515 section 3.1). */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

export function createAccessTokenReader({
  issuer,
  keyring,
  revocations,
  artifacts,
  clock,
}: {
  issuer: string;
  keyring: Pick<Keyring, 'snapshot'>;
  revocations: Revocations;
  artifacts: Pick<ArtifactStore, 'find'>;
  clock: Clock;
}): AccessTokenReader {
  const verify = async (token: string) => {
    const { kid, typ, alg } = decodeProtectedHeader(token);
    const key = keyring.snapshot().published.find((candidate) => candidate.kid === kid);
    // The algorithm is the key's, never the token's word (RFC 8725 section 3.1).
    if (!key || alg !== key.algorithm || typ !== 'at+jwt') return undefined;
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    const claims = claimsSchema.safeParse(JSON.parse(Buffer.from(payload).toString()));
    return claims.success ? claims.data : undefined;
  };

  return {
    async read(token) {
      if (!looksLikeJwt(token)) return undefined;
      const claims = await verify(token).catch(() => undefined);
      if (!claims || claims.iss !== issuer || claims.exp <= epochSeconds(clock)) return undefined;

      const grantId = claims.family_id && grantOf(claims.family_id);
      const grant = grantId ? await artifacts.find('Grant', grantId, clock.now()) : undefined;
      // A user's token whose grant is gone is dead, whether or not a marker says so.
      if (grantId && (!grant || grant.clientId !== claims.client_id)) return undefined;

      const revoked = await revocations.isRevoked({
        jti: claims.jti,
        familyId: claims.family_id,
        session: claims.sid,
        clientId: claims.client_id,
        accountId: grant?.accountId,
        issuedAt: claims.iat * 1000,
      });
      if (revoked) return undefined;
      return { claims, accountId: grant?.accountId, grantId };
    },
  };
}
