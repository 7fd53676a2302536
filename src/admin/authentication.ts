/**
 * Who sent a request: the bearer of an access token for Cardea's own API, or of an API key for it.
 *
 * A token that was issued to a person may never do more than the role that the person has now; a token or key without a
 * person has the scopes that it was given.
 */
import { type KeyVerification, parseKey } from '../api_keys/room.ts';
import type { FindClient } from '../clients/room.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import { CardeaError } from '../errors.ts';
import {
  apiKeyCaller,
  type Caller,
  clientCaller,
  type KnownOperators,
  projectOfClient,
  userCaller,
} from '../operators/room.ts';
import { type AccessTokenReader, type ArePrincipalsActive, scopeWords } from '../tokens/room.ts';
import type { AdminCaller } from './caller.ts';

type PresentedCredential = {
  /** The Authorization header; empty if it was not sent. */
  authorization: string;
  ip: string;
  requestId: string;
};

/** Throws CardeaError `unauthorized`, `invalid_token` (401), `rate_limited` (429). */
export type Authenticate = (presented: PresentedCredential) => Promise<AdminCaller>;

export function createAuthentication({
  accessTokens,
  arePrincipalsActive,
  verification,
  findOperator,
  findClient,
  catchUp,
}: {
  accessTokens: Pick<AccessTokenReader, 'read'>;
  arePrincipalsActive: ArePrincipalsActive;
  verification: Pick<KeyVerification, 'verify'>;
  findOperator: KnownOperators['find'];
  findClient: FindClient;
  catchUp: () => Promise<number>;
}): Authenticate {
  const byKey = async (key: string, ip: string, asOf: number): Promise<Caller> => {
    const verdict = await verification.verify({ key, api: [adminApi], ip, asOf });
    if (!verdict.valid) throw refused(verdict.reason);
    const { id: keyId, userId: id } = verdict.record;
    const user = id === undefined ? undefined : { id, grant: await findOperator(id, asOf) };
    return apiKeyCaller({ keyId, scopes: verdict.scopes, user });
  };

  const byToken = async (token: string, asOf: number): Promise<Caller> => {
    const read = await accessTokens.read(token, asOf);
    const isOurs = read && [read.claims.aud].flat().includes(adminApi);
    if (!isOurs || !(await arePrincipalsActive(read.links, asOf))) throw invalidToken();
    const { claims, accountId: userId, links } = read;
    // Whoever stole it lacks the key that it is bound to, and no proof of that key is taken here.
    if (claims.cnf !== undefined) throw invalidToken();
    // What was exchanged acts for somebody else, or is limited as an API key is.
    if (claims.act !== undefined || links.derivedFrom !== undefined) throw invalidToken();
    const scopes = scopeWords(claims.scope);
    if (userId !== undefined) {
      const authTime = claims.auth_time === undefined ? undefined : claims.auth_time * 1000;
      return userCaller({ userId, scopes, grant: await findOperator(userId, asOf), authTime });
    }
    const client = await findClient(claims.client_id, asOf);
    const project = client && projectOfClient(client);
    return clientCaller({ clientId: claims.client_id, scopes, project });
  };

  return async ({ authorization, ip, requestId }) => {
    const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() !== 'bearer') throw unauthorized();
    const asOf = await catchUp();
    const caller = await (parseKey(value) ? byKey(value, ip, asOf) : byToken(value, asOf));
    return { ...caller, ip, requestId };
  };
}

/** Nobody learns why a key is not valid, except that it is used too often. */
function refused(reason: string): CardeaError {
  if (reason !== 'rate_limited' && reason !== 'quota_exceeded') return invalidToken();
  return new CardeaError({
    code: reason,
    status: 429,
    message: 'Too many requests with this API key.',
    retryAfter: 60,
  });
}

function unauthorized(): CardeaError {
  return new CardeaError({
    code: 'unauthorized',
    status: 401,
    message: `An access token or API key for ${adminApi} is required, as a bearer token.`,
  });
}

function invalidToken(): CardeaError {
  return new CardeaError({
    code: 'invalid_token',
    status: 401,
    message: `The credential is unknown, expired, revoked, or not for ${adminApi}.`,
  });
}
