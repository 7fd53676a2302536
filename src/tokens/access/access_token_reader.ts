/**
 * Reads JWT access tokens that this server issued (RFC 9068): signature by a published or just retired
 * key, type, issuer, expiry, and whether anything it hangs on was revoked. It answers undefined for all
 * that is not a live token of ours, whatever the reason: callers must not be able to tell.
 */
import { compactVerify, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';
import { type Clock, epochSeconds } from '../../clock.ts';
import type { Keyring, SigningKey } from '../../signing_keys/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';
import type { StatusPosition } from '../../storage/revocations.ts';
import type { Revocations, TokenLinks } from '../revocation/revocations.ts';
import type { StatusRecords } from '../status/records.ts';
import type { FollowKeys } from './signing_key_watch.ts';

/** What a JWT access token of ours says. */
export type AccessTokenClaims = {
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
  /** The user, also where the token's `sub` is pairwise; absent: the client acts for itself. */
  accountId: string | undefined;
  /** The consent behind it, which is there and not withdrawn. */
  grant: Artifact | undefined;
  /** What it hangs on. */
  links: TokenLinks;
  /** Its bit. */
  status: StatusPosition | undefined;
};

export type AccessTokenReader = {
  /** `asOf`: the number of the last revocation, if it was asked for since the request arrived. StoreUnavailableError. */
  read(token: string, asOf?: number): Promise<ReadAccessToken | undefined>;
  /** What speaks against a token, for the log; undefined: nothing, or it has not the shape of a JWT. */
  explain(token: string): Promise<string | undefined>;
};

/** Whether a text has the shape of a JWS in compact serialisation (RFC 7515 section 3.1). */
export function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

export function createAccessTokenReader({
  issuer,
  keyring,
  followKeys,
  revocations,
  artifacts,
  status,
  clock,
}: {
  issuer: string;
  keyring: Pick<Keyring, 'snapshot'>;
  followKeys: FollowKeys;
  revocations: Revocations;
  artifacts: Pick<ArtifactStore, 'find'>;
  status: StatusRecords;
  clock: Clock;
}): AccessTokenReader {
  const publishedKey = (kid: string) =>
    keyring.snapshot().published.find((candidate) => candidate.kid === kid);

  /** After an emergency another node may sign already with a key that this one has not seen. */
  const findKey = async (kid: string) => {
    const known = publishedKey(kid);
    if (known) return known;
    await followKeys();
    return publishedKey(kid);
  };

  const verify = async (
    token: string,
    key: SigningKey,
    { typ, alg }: ProtectedHeaderParameters,
  ) => {
    // The algorithm is the key's, never the token's word (RFC 8725 section 3.1).
    if (alg !== key.algorithm || typ !== 'at+jwt') return undefined;
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
    // Our own signature under this type: the content is what we put in.
    return { ...(JSON.parse(Buffer.from(payload).toString()) as AccessTokenClaims), kid: key.kid };
  };

  /** The token as it was read, or what speaks against it. */
  const judge = async (token: string): Promise<ReadAccessToken | string> => {
    const header = headerOf(token);
    const key = header?.kid === undefined ? undefined : await findKey(header.kid);
    if (!header || !key) return 'no key that is published signed it';
    const verified = await verify(token, key, header).catch(() => undefined);
    if (!verified) return 'it is no access token, or its signature is wrong';
    if (verified.iss !== issuer) return 'it is of another issuer';
    if (verified.exp <= epochSeconds(clock))
      return `it expired at ${new Date(verified.exp * 1000).toISOString()}`;
    const { kid, ...claims } = verified;
    // Without a record nobody could say what has ended the token: it may be of a store that is gone.
    const record = await status.find(claims.status);
    if (!record || record.clientId !== claims.client_id) return 'this store has no record of it';

    const { grantId, userId: accountId, derivedFrom } = record;
    const grant = grantId ? await artifacts.find('Grant', grantId, clock.now()) : undefined;
    // A user's token whose grant is gone is dead, whether or not a marker says so.
    if (grantId && !grant) return 'its grant is over';

    const links: TokenLinks = {
      ...{ jti: claims.jti, clientId: record.clientId, api: record.api, keyId: kid },
      ...{ familyId: record.familyId, grantId, session: record.session, accountId, derivedFrom },
      asOf: record.asOf,
      // What is older than an instant takes with it all that it was exchanged for.
      issuedAt: (derivedFrom ? record.issuedFrom : claims.iat) * 1000,
    };
    if (await revocations.isRevoked(links)) return 'it was revoked, or what it hangs on';
    return { claims, accountId, grant, links, status: status.positionOf(claims.status) };
  };

  return {
    async read(token) {
      if (!looksLikeJwt(token)) return undefined;
      const judged = await judge(token);
      return typeof judged === 'string' ? undefined : judged;
    },
    async explain(token) {
      if (!looksLikeJwt(token)) return undefined;
      const judged = await judge(token);
      return typeof judged === 'string' ? judged : undefined;
    },
  };
}

function headerOf(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
