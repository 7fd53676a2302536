/**
 * Reads JWT access tokens that this server issued (RFC 9068): signature by a published or recently retired
 * key, type, issuer, expiry, and whether anything they depend on was revoked. Returns undefined for anything
 * that is not a valid token of ours, whatever the reason: callers must not be able to tell.
 */
import { compactVerify, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';
import { type Clock, epochSeconds } from '../../clock.ts';
import type { Keyring, SigningKey } from '../../signing_keys/room.ts';
import { type Artifact, type ArtifactStore, indexedKinds } from '../../storage/artifacts.ts';
import type { StatusPosition } from '../../storage/revocations.ts';
import type { Revocations, TokenLinks } from '../revocation/revocations.ts';
import type { StatusRecords } from '../status/status_records.ts';
import type { FollowSigningKeys } from './signing_key_watch.ts';

/** The claims of our JWT access tokens. */
type AccessTokenClaims = {
  iss: string;
  sub: string;
  aud: string | string[];
  /** Seconds since the epoch, like `iat`. */
  exp: number;
  iat: number;
  jti: string;
  client_id: string;
  scope?: string;
  family_id?: string;
  sid?: string;
  auth_time?: number;
  status?: unknown;
  cnf?: { jkt?: string; 'x5t#S256'?: string };
  [claim: string]: unknown;
};

export type ReadAccessToken = {
  claims: AccessTokenClaims;
  /** The user, even if `sub` is pairwise. Absent if the client acts for itself. */
  accountId: string | undefined;
  /** The consent behind it, if there is one. Neither expired nor withdrawn; `expiresAt` in milliseconds. */
  grant: Pick<Artifact, 'id' | 'clientId' | 'expiresAt'> | undefined;
  /** What it depends on. */
  links: TokenLinks;
  /** Its position in a status list. */
  status: StatusPosition | undefined;
};

export type AccessTokenReader = {
  /**
   * `asOf`: the number of the last revocation, if it was read since the request arrived. Throws
   * StoreUnavailableError.
   */
  read(token: string, asOf?: number): Promise<ReadAccessToken | undefined>;
  /** Why a token is not valid, for operators. Undefined if it is valid or does not look like a JWT. */
  explain(token: string): Promise<TokenFault | undefined>;
};

/** Why a token is not valid. */
export type TokenFault = {
  code:
    | 'unknown_key'
    | 'not_access_token'
    | 'other_issuer'
    | 'expired'
    | 'not_on_record'
    | 'grant_ended'
    | 'revoked';
  /** For the log. */
  text: string;
  /** What a token depends on that is on record. */
  links?: TokenLinks;
};

/** Whether a text looks like a JWS in compact serialization (RFC 7515 section 3.1). */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

export function createAccessTokenReader({
  issuer,
  keyring,
  followSigningKeys,
  revocations,
  artifacts,
  status,
  clock,
}: {
  issuer: string;
  keyring: Pick<Keyring, 'snapshot'>;
  followSigningKeys: FollowSigningKeys;
  revocations: Revocations;
  artifacts: Pick<ArtifactStore, 'find'>;
  status: StatusRecords;
  clock: Clock;
}): AccessTokenReader {
  const publishedKey = (kid: string) =>
    keyring.snapshot().published.find((candidate) => candidate.kid === kid);

  /** After an emergency another node may already sign with a key that this one has not seen. */
  const findKey = async (kid: string) => {
    const known = publishedKey(kid);
    if (known) return known;
    await followSigningKeys();
    return publishedKey(kid);
  };

  const verify = async (
    token: string,
    key: SigningKey,
    { typ, alg }: ProtectedHeaderParameters,
  ) => {
    // The key decides the algorithm, never the token (RFC 8725 section 3.1).
    if (alg !== key.algorithm || typ !== 'at+jwt') return undefined;
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    // It has our own signature and this type, so we wrote its content.
    return { ...(JSON.parse(Buffer.from(payload).toString()) as AccessTokenClaims), kid: key.kid };
  };

  /** The token, or why it is not valid. */
  const check = async (token: string): Promise<ReadAccessToken | TokenFault> => {
    const header = protectedHeaderOf(token);
    const key = header?.kid === undefined ? undefined : await findKey(header.kid);
    if (!header || !key) return fault('unknown_key', 'it is not signed by a published key');
    const verified = await verify(token, key, header).catch(() => undefined);
    if (!verified) {
      return fault('not_access_token', 'it is not an access token, or its signature is invalid');
    }
    if (verified.iss !== issuer) return fault('other_issuer', 'it comes from another issuer');
    if (verified.exp <= epochSeconds(clock)) {
      return fault('expired', `it expired at ${new Date(verified.exp * 1000).toISOString()}`);
    }
    const { kid, ...claims } = verified;
    // Without a record nobody could tell whether the token was revoked: its store may be gone.
    const record = await status.find(claims.status);
    if (!record || record.clientId !== claims.client_id) {
      return fault('not_on_record', 'this store has no record of it');
    }

    const { grantId, userId: accountId, derivedFrom } = record;
    const stored = grantId
      ? await artifacts.find(indexedKinds.grant, grantId, clock.now())
      : undefined;
    // A user's token without its grant is not valid, whether or not there is a marker.
    if (grantId && !stored) return fault('grant_ended', 'its grant has ended');
    const grant = stored && {
      ...{ id: stored.id, clientId: stored.clientId, expiresAt: stored.expiresAt },
    };

    const links: TokenLinks = {
      ...{ jti: claims.jti, clientId: record.clientId, api: record.api, keyId: kid },
      ...{ familyId: record.familyId, grantId, session: record.session, accountId, derivedFrom },
      asOf: record.asOf,
      // A revocation of everything before a given time includes what was exchanged for it.
      issuedAt: (derivedFrom ? record.issuedFrom : claims.iat) * 1000,
    };
    if (await revocations.isRevoked(links)) {
      return { ...fault('revoked', 'it was revoked, or something it depends on was'), links };
    }
    return { claims, accountId, grant, links, status: status.positionOf(claims.status) };
  };

  return {
    async read(token) {
      if (!looksLikeJwt(token)) return undefined;
      const result = await check(token);
      return 'code' in result ? undefined : result;
    },
    async explain(token) {
      if (!looksLikeJwt(token)) return undefined;
      const result = await check(token);
      return 'code' in result ? result : undefined;
    },
  };
}

function fault(code: TokenFault['code'], text: string): TokenFault {
  return { code, text };
}

function protectedHeaderOf(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
