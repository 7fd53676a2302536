/**
 * Issues JWT access tokens (RFC 9068) outside the protocol engine's flows: to a client for itself, for an API key, or
 * for another token. Same header, claims and status as all others.
 */
import type { Api } from '../../apis/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import { compactJws, type Sign, type SigningKey } from '../../signing_keys/room.ts';
import type { KnownClient } from '../status/client_blocks.ts';
import type { StatusAssignment, StatusClaim } from '../status/status_assignment.ts';
import type { SigningKeyWatch } from './signing_key_watch.ts';

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

/** A token that a client gets for itself. */
type ClientToken = Pick<DerivedToken, 'clientId' | 'api' | 'scopes'> & {
  /** The thumbprint of the key that it is bound to (RFC 9449 section 6.1). */
  boundTo: string | undefined;
  /** What the request knows of its client. See ClientRequest. */
  known: KnownClient;
};

export type IssuedAccessToken = { token: string; jti: string; expiresIn: number };

export type AccessTokenIssuer = {
  /** The caller must check afterwards that what the token comes from is still valid. */
  issue(token: DerivedToken): Promise<IssuedAccessToken>;
  issueToClient(token: ClientToken): Promise<IssuedAccessToken>;
};

type Claims = { iss: string; aud: string; iat: number; exp: number; jti: string } & Record<
  string,
  unknown
>;

export function createAccessTokenIssuer({
  issuer,
  currentKey,
  followUnlessJustNow,
  sign,
  status,
  clock,
}: {
  issuer: string;
  currentKey: () => SigningKey;
  followUnlessJustNow: SigningKeyWatch['followUnlessJustNow'];
  sign: Sign;
  status: StatusAssignment;
  clock: Clock;
}): AccessTokenIssuer {
  /** `assign`: the status of the token, if the key of this `kid` signs it. */
  const signed = async (
    claims: Claims,
    assign: (keyId: string) => Promise<StatusClaim>,
  ): Promise<IssuedAccessToken> => {
    const signWith = async (key: SigningKey) => {
      const payload = { ...claims, status: await assign(key.kid) };
      return compactJws({ typ: 'at+jwt', payload }, key, sign);
    };
    let key = currentKey();
    let token = await signWith(key);
    // A key revoked in the meantime makes the token worthless, so another key signs it again.
    for (await followUnlessJustNow(); currentKey().kid !== key.kid; await followUnlessJustNow()) {
      key = currentKey();
      token = await signWith(key);
    }
    return { token, jti: claims.jti, expiresIn: claims.exp - claims.iat };
  };

  return {
    issue({ clientId, subject, api, scopes, lifetime, notAfter, links, originAt, claims }) {
      const iat = epochSeconds(clock);
      const exp = Math.min(iat + lifetime, notAfter ?? Number.POSITIVE_INFINITY);
      const issuedAt = originAt === undefined ? iat : Math.floor(originAt / 1000);
      return signed(
        {
          ...claims,
          ...{ iss: issuer, sub: subject, aud: api.identifier, exp, iat, jti: randomId() },
          client_id: clientId,
          ...(scopes.length > 0 && { scope: scopes.join(' ') }),
        },
        (keyId) =>
          status.toSingle({
            ...{ clientId, api: api.identifier, keyId, issuedAt, expiresAt: exp },
            ...links,
          }),
      );
    },

    issueToClient({ clientId, api, scopes, boundTo, known }) {
      const iat = epochSeconds(clock);
      const exp = iat + api.lifetimeSeconds;
      return signed(
        {
          ...{ iss: issuer, sub: clientId, aud: api.identifier, exp, iat, jti: randomId() },
          client_id: clientId,
          ...(scopes.length > 0 && { scope: scopes.join(' ') }),
          ...(boundTo !== undefined && { cnf: { jkt: boundTo } }),
        },
        (keyId) =>
          status.toClient({
            ...{ clientId, api: api.identifier, keyId, issuedAt: iat, expiresAt: exp, known },
          }),
      );
    },
  };
}
