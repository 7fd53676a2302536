/**
 * Access tokens that callers present to an API: whose they are. Whether one is alive is said by tokens/ and, of opaque ones, by
 * oidc/; here is added that nobody whom it comes of is disabled or gone.
 */
import type { KeyEnvironment } from '../../definitions/api_keys.ts';
import {
  type AccessTokenReader,
  type ArePrincipalsActive,
  apiKeysBehind,
  looksLikeJwt,
  type OpaqueToken,
} from '../../tokens/room.ts';

/** Who a request is from. */
export type Identity = {
  /** The user, the project, or the client that acts for itself. */
  subject: string;
  /** Undefined: an API key, or what was made from one. */
  clientId: string | undefined;
  scopes: readonly string[];
  apiKeyId: string | undefined;
  projectId: string | undefined;
  tier: string | undefined;
  environment: string | undefined;
};

/** A live access token, of whatever format. */
export type AccessToken = {
  identity: Identity;
  audiences: readonly string[];
  /** Only its holder's key makes it worth something (`cnf`), and that can't be proved to a gateway. */
  isBound: boolean;
  /** The API keys (their ids) that it comes of, at any remove. */
  keyIds: readonly string[];
};

export type TokenRequirements = {
  environment?: KeyEnvironment | undefined;
  scopes?: readonly string[] | undefined;
};

/** Undefined: not a live one of ours. `asOf`: the number of the last revocation. StoreUnavailableError. */
export type ReadJwt = (
  token: string,
  asOf: number,
) => Promise<(AccessToken & { expiresAt: number }) | undefined>;

export type AccessTokens = {
  /** By its looks; undefined: no access token. */
  kindOf(token: string): 'jwt' | 'opaque' | undefined;
  /** Undefined: not a live token of ours. `asOf`: the number of the last revocation. StoreUnavailableError. */
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
    // Made from a key itself, it has the key in place of a client; exchanged further, it has a client again.
    const clientId = claims.client_id === apiKeyId ? undefined : claims.client_id;
    return {
      identity: {
        subject: claims.sub,
        clientId,
        scopes: claims.scope?.split(' ') ?? [],
        apiKeyId,
        projectId: stringClaim(claims.project),
        tier: undefined,
        // There are none but live tokens, except for those that a test key has led to.
        environment: stringClaim(claims.environment) ?? 'live',
      },
      audiences: [claims.aud].flat(),
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
    const { subject, clientId, audiences, scopes, isBound } = read;
    const none = { apiKeyId: undefined, projectId: undefined, tier: undefined };
    const identity = { subject, clientId, scopes, ...none, environment: 'live' };
    return { identity, audiences, isBound, keyIds: [] };
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

/** What is against a live token for the API that is asked for; undefined: nothing. */
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
