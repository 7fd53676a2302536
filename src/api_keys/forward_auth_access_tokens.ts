/**
 * Access tokens at a gateway: whose they are. Whether one is alive is said by tokens/ and, of opaque ones, by
 * oidc/; here is added that nobody whom it comes of is disabled or gone.
 */
import { type AccessTokenReader, looksLikeJwt } from '../tokens/access_token_reader.ts';
import type { AreHoldersActive } from '../tokens/holders.ts';
import type { OpaqueToken } from '../tokens/opaque_token.ts';
import type { Identity } from './forward_auth_identity.ts';

/** A live access token, of whatever format. */
export type AccessToken = {
  identity: Identity;
  audiences: readonly string[];
  /** Only its holder's key makes it worth something (`cnf`), and that can't be proved to a gateway. */
  isBound: boolean;
};

export type AccessTokens = {
  /** By its looks; undefined: no access token. */
  kindOf(token: string): 'jwt' | 'opaque' | undefined;
  /** Undefined: not a live token of ours. StoreUnavailableError. */
  read(token: string): Promise<AccessToken | undefined>;
};

export function createAccessTokens({
  jwts,
  readOpaque,
  areHoldersActive,
}: {
  jwts: AccessTokenReader;
  readOpaque: (token: string) => Promise<OpaqueToken | undefined>;
  areHoldersActive: AreHoldersActive;
}): AccessTokens {
  const readJwt = async (token: string): Promise<AccessToken | undefined> => {
    const read = await jwts.read(token);
    if (!read || !(await areHoldersActive(read.links))) return undefined;
    const { claims } = read;
    const apiKeyId = textOf(claims.api_key_id);
    // Made from a key itself, it has the key in place of a client; exchanged further, it has a client again.
    const clientId = claims.client_id === apiKeyId ? undefined : claims.client_id;
    return {
      identity: {
        subject: claims.sub,
        clientId,
        scopes: claims.scope?.split(' ') ?? [],
        apiKeyId,
        projectId: textOf(claims.project),
        tier: undefined,
        // There are none but live tokens, except for those that a test key has led to.
        environment: textOf(claims.environment) ?? 'live',
      },
      audiences: [claims.aud].flat(),
      isBound: claims.cnf !== undefined,
    };
  };

  const readStored = async (token: string): Promise<AccessToken | undefined> => {
    const read = await readOpaque(token);
    if (!read || !(await areHoldersActive(read))) return undefined;
    const { subject, clientId, audiences, scopes, isBound } = read;
    const none = { apiKeyId: undefined, projectId: undefined, tier: undefined };
    const identity = { subject, clientId, scopes, ...none, environment: 'live' };
    return { identity, audiences, isBound };
  };

  const kindOf = (token: string) => {
    if (looksLikeJwt(token)) return 'jwt';
    return /^[\w-]{20,200}$/.test(token) ? 'opaque' : undefined;
  };

  return {
    kindOf,
    read: (token) => (kindOf(token) === 'jwt' ? readJwt(token) : readStored(token)),
  };
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined;
}
