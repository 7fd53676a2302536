/**
 * Whose access token a caller presents to an API. Whether a token is active is decided by tokens/ and, for
 * opaque tokens, by oidc/. This file adds that no principal behind it is disabled or deleted.
 */
import type { KeyEnvironment } from '../../definitions/api_keys.ts';
import { type SignIn, signInOf } from '../../definitions/authentication.ts';
import {
  type AccessTokenReader,
  type ArePrincipalsActive,
  apiKeysBehind,
  looksLikeJwt,
  type OpaqueToken,
} from '../../tokens/room.ts';

/** Who a request comes from. */
export type Identity = {
  /** The user, the project, or the client acting for itself. */
  subject: string;
  /** Undefined for an API key, or a token made directly from one. */
  clientId: string | undefined;
  scopes: readonly string[];
  apiKeyId: string | undefined;
  projectId: string | undefined;
  tier: string | undefined;
  environment: string | undefined;
};

/** An active access token of either format. */
export type AccessToken = {
  identity: Identity;
  audiences: readonly string[];
  signIn: SignIn;
  /** Bound to a key of its holder (`cnf`), which cannot be proved to a gateway. */
  isBound: boolean;
  /** Ids of the API keys that it was exchanged for, directly or through further exchanges. */
  keyIds: readonly string[];
};

export type TokenRequirements = {
  environment?: KeyEnvironment | undefined;
  scopes?: readonly string[] | undefined;
};

/**
 * Undefined unless it is an active token of ours. `asOf`: the sequence number of the last revocation. Throws
 * StoreUnavailableError.
 */
export type ReadJwt = (
  token: string,
  asOf: number,
) => Promise<(AccessToken & { expiresAt: number }) | undefined>;

export type AccessTokens = {
  /** Judged by its form only; undefined: not an access token. */
  kindOf(token: string): 'jwt' | 'opaque' | undefined;
  /**
   * Undefined unless it is an active token of ours. `asOf`: the sequence number of the last revocation. Throws
   * StoreUnavailableError.
   */
  read(token: string, asOf: number): Promise<AccessToken | undefined>;
};

/** `expiresAt` in milliseconds since the epoch. */
export function createJwtReader({
  jwts,
  arePrincipalsActive,
}: {
  jwts: AccessTokenReader;
  arePrincipalsActive: ArePrincipalsActive;
}): ReadJwt {
  return async (token, asOf) => {
    const read = await jwts.read(token, asOf);
    if (!read || !(await arePrincipalsActive(read.links, asOf))) return undefined;
    const { claims } = read;
    const apiKeyId = stringClaim(claims.api_key_id);
    // A token made directly from a key names the key as its client. After a further exchange it names a
    // client again.
    const clientId = claims.client_id === apiKeyId ? undefined : claims.client_id;
    return {
      identity: {
        subject: claims.sub,
        clientId,
        scopes: claims.scope?.split(' ') ?? [],
        apiKeyId,
        projectId: stringClaim(claims.project),
        tier: undefined,
        // Every token is live unless a test key is behind it.
        environment: stringClaim(claims.environment) ?? 'live',
      },
      audiences: [claims.aud].flat(),
      signIn: signInOf(claims),
      isBound: claims.cnf !== undefined,
      keyIds: apiKeysBehind(read.links),
      expiresAt: claims.exp * 1000,
    };
  };
}

export function createAccessTokens({
  readJwt,
  readOpaque,
  arePrincipalsActive,
}: {
  readJwt: ReadJwt;
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
  arePrincipalsActive: ArePrincipalsActive;
}): AccessTokens {
  const readStored = async (token: string, asOf: number): Promise<AccessToken | undefined> => {
    const read = await readOpaque(token);
    if (!read || !(await arePrincipalsActive(read, asOf))) return undefined;
    const { subject, clientId, audiences, scopes, signIn, isBound } = read;
    const none = { apiKeyId: undefined, projectId: undefined, tier: undefined };
    const identity = { subject, clientId, scopes, ...none, environment: 'live' };
    return { identity, audiences, signIn, isBound, keyIds: [] };
  };

  const kindOf = (token: string) => {
    if (looksLikeJwt(token)) return 'jwt';
    return /^[\w-]{20,200}$/.test(token) ? 'opaque' : undefined;
  };

  return {
    kindOf,
    read: (token, asOf) =>
      kindOf(token) === 'jwt' ? readJwt(token, asOf) : readStored(token, asOf),
  };
}

/** Why an active token may not be used as required; undefined if it may. */
export function tokenRefusalReason(
  { environment, scopes: granted }: Identity,
  { environment: wanted, scopes = [] }: TokenRequirements,
): 'wrong_environment' | 'insufficient_scope' | undefined {
  if (wanted && environment !== wanted) return 'wrong_environment';
  return scopes.every((scope) => granted.includes(scope)) ? undefined : 'insufficient_scope';
}

function stringClaim(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined;
}
