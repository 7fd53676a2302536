/**
 * Who may ask about keys: the client that is the API, with HTTP Basic (RFC 6749 section 2.3.1) or with its own
 * access token for that API. It may ask only about keys of that API.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import { basicReadings, type FindClient, type VerifySecret } from '../../clients/room.ts';
import { sha256 } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { AccessTokenReader } from '../../tokens/room.ts';

export type ApiClient = {
  clientId: string;
  /** Identifiers of the APIs that this client is; at least one. */
  apis: readonly string[];
};

/**
 * Takes an `Authorization` header, and the sequence number of the last revocation if the request has read it
 * already. Throws CardeaError `invalid_client` (401), `not_an_api` (403).
 */
export type ApiClientAuthentication = (authorization: string, asOf?: number) => Promise<ApiClient>;

/** RFC 9110 section 11.6.1. */
export const challenges = ['Basic realm="api-keys", charset="UTF-8"', 'Bearer realm="api-keys"'];

/** Compared with when the client does not exist or is disabled, so that all cases take the same time. */
const unknownClient = {
  clientId: '',
  secretHashes: [{ hash: sha256('nobody'), createdAt: 0 }],
};

export function createApiClientAuthentication({
  clients,
  accessTokens,
  apis,
}: {
  clients: { find: FindClient; verifySecret: VerifySecret };
  accessTokens: AccessTokenReader;
  apis: Pick<ApiRegistry, 'byClientId'>;
}): ApiClientAuthentication {
  const ownApis = (clientId: string) =>
    apis.byClientId(clientId).map(({ identifier }) => identifier);

  const bySecret = async (credentials: string, asOf?: number): Promise<string | undefined> => {
    for (const { clientId, secret } of basicReadings(credentials)) {
      const client = await clients.find(clientId, asOf);
      const enabled = client?.disabledAt === undefined ? client : undefined;
      const isRight = clients.verifySecret(enabled ?? unknownClient, secret);
      if (enabled && isRight) return enabled.clientId;
    }
    return undefined;
  };

  const byToken = async (token: string, asOf?: number): Promise<string | undefined> => {
    const read = await accessTokens.read(token, asOf);
    // Issued to the client itself, and not bound to a key: the holder of a bound token would have to prove
    // possession. Exchanged tokens speak for others.
    if (!read || read.accountId !== undefined || read.claims.cnf) return undefined;
    if (read.links.derivedFrom) return undefined;
    const { client_id: clientId, aud } = read.claims;
    // A token for another API is known to that API too.
    if (![aud].flat().some((audience) => ownApis(clientId).includes(audience))) return undefined;
    const client = await clients.find(clientId, asOf);
    return client && client.disabledAt === undefined ? clientId : undefined;
  };

  const byScheme = async (scheme: string, credentials: string, asOf?: number) => {
    if (scheme === 'basic') return bySecret(credentials, asOf);
    return scheme === 'bearer' ? byToken(credentials, asOf) : undefined;
  };

  return async (authorization, asOf) => {
    const [, scheme = '', credentials = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
    const clientId = await byScheme(scheme.toLowerCase(), credentials, asOf);
    if (clientId === undefined) throw unauthenticated();
    const identifiers = ownApis(clientId);
    if (identifiers.length === 0) throw notAnApi();
    return { clientId, apis: identifiers };
  };
}

function unauthenticated(): CardeaError {
  return new CardeaError({
    code: 'invalid_client',
    status: 401,
    message:
      "Only the API's own client may ask: with its secret (HTTP Basic), or with its own access token for the API.",
  });
}

function notAnApi(): CardeaError {
  return new CardeaError({
    code: 'not_an_api',
    status: 403,
    message:
      'This client does not belong to an API. Name it as client_id in the declaration of the API.',
  });
}
