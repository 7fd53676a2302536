/**
 * Who sent a request: the bearer of an access token for Cardea's own API, or of an API key for it, or who holds the key
 * that a token is bound to (RFC 9449).
 *
 * A token that was issued to a person may never do more than the role that the person has now; a token or key without a
 * person has the scopes that it was given.
 */
import { type KeyVerification, parseKey } from '../api_keys/room.ts';
import type { FindClient } from '../clients/room.ts';
import { adminApi } from '../definitions/admin_scopes.ts';
import { CardeaError } from '../errors.ts';
import type { BoundToken } from '../oidc/room.ts';
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
  /** Throws CardeaError (401) unless the request carries a proof of the token's key. */
  prove(token: BoundToken): Promise<void>;
};

/**
 * Throws CardeaError `unauthorized`, `invalid_token`, `proof_required` (401), what `prove` throws, `rate_limited` (429).
 */
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

  /** `prove`: undefined for a token that came as a bearer's. */
  const byToken = async (
    token: string,
    asOf: number,
    prove: PresentedCredential['prove'] | undefined,
  ): Promise<Caller> => {
    const read = await accessTokens.read(token, asOf);
    const isOurs = read && [read.claims.aud].flat().includes(adminApi);
    if (!isOurs || !(await arePrincipalsActive(read.links, asOf))) throw invalidToken();
    const { claims, accountId: userId, links } = read;
    // docs/decisions/admin-api.md says why what was exchanged is not taken.
    if (claims.act !== undefined || links.derivedFrom !== undefined) throw invalidToken();
    const { cnf } = claims;
    const boundTo = cnf?.jkt;
    // Another way to bind it is none that could be proved here.
    if (cnf !== undefined && boundTo === undefined) throw invalidToken();
    if (boundTo !== undefined && !prove) throw proofRequired();
    if (prove) {
      if (boundTo === undefined) throw invalidToken();
      await prove({ value: token, clientId: claims.client_id, boundTo });
    }
    const scopes = scopeWords(claims.scope);
    if (userId !== undefined) {
      const authTime = claims.auth_time === undefined ? undefined : claims.auth_time * 1000;
      return userCaller({ userId, scopes, grant: await findOperator(userId, asOf), authTime });
    }
    const client = await findClient(claims.client_id, asOf);
    const project = client && projectOfClient(client);
    return clientCaller({ clientId: claims.client_id, scopes, project });
  };

  return async ({ authorization, ip, requestId, prove }) => {
    const [, named = '', value = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
    const scheme = named.toLowerCase();
    if (scheme !== 'bearer' && scheme !== 'dpop') throw unauthorized();
    const isBearer = scheme === 'bearer';
    const asOf = await catchUp();
    const caller =
      isBearer && parseKey(value)
        ? await byKey(value, ip, asOf)
        : await byToken(value, asOf, isBearer ? undefined : prove);
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

/** RFC 9449 section 7.2. */
function proofRequired(): CardeaError {
  return new CardeaError({
    code: 'proof_required',
    status: 401,
    message:
      'This access token is bound to a key: send it as Authorization: DPoP, with a proof (RFC 9449 section 7.1).',
  });
}

function invalidToken(): CardeaError {
  return new CardeaError({
    code: 'invalid_token',
    status: 401,
    message: `The credential is unknown, expired, revoked, or not for ${adminApi}.`,
  });
}
