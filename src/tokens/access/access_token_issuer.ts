/**
 * Issues JWT access tokens (RFC 9068) outside the protocol engine's flows: for an API key, or for another
 * token. Same header, claims and status as all others.
 */
import type { Api } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import { compactJws, type Sign, type SigningKey } from '../../signing_keys/room.ts';
import type { StatusAssignment } from '../status/status_assignment.ts';
import type { FollowSigningKeys } from './signing_key_watch.ts';

/** What the token depends on. See TokenLinks. */
export type DerivedLinks = {
  userId: string | undefined;
  grantId: string | undefined;
  familyId: string | undefined;
  session: string | undefined;
  /** See originMarkersOf(). Not empty. */
  derivedFrom: readonly string[];
};

export type DerivedToken = {
  clientId: string;
  subject: string;
  api: Api;
  scopes: readonly string[];
  /** Seconds. */
  lifetime: number;
  /** The token expires no later than this. Seconds since the epoch. */
  notAfter?: number | undefined;
  links: DerivedLinks;
  /**
   * When the oldest token it comes from was issued, in milliseconds since the epoch. Undefined if it comes
   * from no token.
   */
  originAt?: number | undefined;
  /** Further claims, such as `act`. */
  claims: Record<string, unknown>;
};

export type IssuedAccessToken = { token: string; jti: string; expiresIn: number };

export type AccessTokenIssuer = {
  /** The caller must check afterwards that what the token comes from is still valid. */
  issue(token: DerivedToken): Promise<IssuedAccessToken>;
};

export function createAccessTokenIssuer({
  issuer,
  currentKey,
  followSigningKeys,
  sign,
  status,
  clock,
}: {
  issuer: string;
  currentKey: () => SigningKey;
  followSigningKeys: FollowSigningKeys;
  sign: Sign;
  status: Pick<StatusAssignment, 'toSingle'>;
  clock: Clock;
}): AccessTokenIssuer {
  return {
    async issue({ clientId, subject, api, scopes, lifetime, notAfter, links, originAt, claims }) {
      const issuedAt = epochSeconds(clock);
      const expiresAt = Math.min(issuedAt + lifetime, notAfter ?? Number.POSITIVE_INFINITY);
      const jti = randomId();
      const signWith = async (key: SigningKey) => {
        const payload = {
          ...claims,
          ...{ iss: issuer, sub: subject, aud: api.identifier, exp: expiresAt, iat: issuedAt, jti },
          client_id: clientId,
          ...(scopes.length > 0 && { scope: scopes.join(' ') }),
          status: await status.toSingle({
            ...{ clientId, api: api.identifier, keyId: key.kid, expiresAt },
            issuedAt: originAt === undefined ? issuedAt : Math.floor(originAt / 1000),
            ...links,
          }),
        };
        return compactJws({ typ: 'at+jwt', payload }, key, sign);
      };
      let key = currentKey();
      let token = await signWith(key);
      // A key revoked in the meantime makes the token worthless, so another key signs it again.
      for (await followSigningKeys(); currentKey().kid !== key.kid; await followSigningKeys()) {
        key = currentKey();
        token = await signWith(key);
      }
      return { token, jti, expiresIn: expiresAt - issuedAt };
    },
  };
}
