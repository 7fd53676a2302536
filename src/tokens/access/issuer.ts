/**
 * Issues JWT access tokens (RFC 9068) that come of something else than the protocol engine's flows: of an API
 * key, or of another token. The same header, claims and status bit as all others have.
 */
import type { Api } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import { compactJws, type Sign, type SigningKey } from '../../signing_keys/room.ts';
import type { StatusAssignment } from '../status/assignment.ts';
import type { FollowKeys } from './signing_key_watch.ts';

/** What it hangs on: with any of these it dies. See TokenLinks. */
export type DerivedLinks = {
  userId: string | undefined;
  grantId: string | undefined;
  familyId: string | undefined;
  session: string | undefined;
  /** See lineageOf(); not empty. */
  derivedFrom: readonly string[];
};

export type DerivedToken = {
  clientId: string;
  subject: string;
  api: Api;
  scopes: readonly string[];
  /** Seconds. */
  lifetime: number;
  /** It outlives no instant beyond this: seconds since the epoch. */
  notAfter?: number | undefined;
  links: DerivedLinks;
  /** When the oldest of what it comes of was issued, if tokens are that; milliseconds since the epoch. */
  originAt?: number | undefined;
  /** Further claims, such as `act`. */
  claims: Record<string, unknown>;
};

export type IssuedToken = { token: string; jti: string; expiresIn: number };

export type TokenIssuer = {
  /** Whether what it came of is still alive is for the caller to look, afterwards. */
  issue(token: DerivedToken): Promise<IssuedToken>;
};

export function createTokenIssuer({
  issuer,
  currentKey,
  followKeys,
  sign,
  status,
  clock,
}: {
  issuer: string;
  currentKey: () => SigningKey;
  followKeys: FollowKeys;
  sign: Sign;
  status: Pick<StatusAssignment, 'toSingle'>;
  clock: Clock;
}): TokenIssuer {
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
      // A key that was revoked in between has given a token that is dead: another signs it anew.
      for (await followKeys(); currentKey().kid !== key.kid; await followKeys()) {
        key = currentKey();
        token = await signWith(key);
      }
      return { token, jti, expiresIn: expiresAt - issuedAt };
    },
  };
}
