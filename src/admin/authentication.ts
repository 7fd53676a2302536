/**
 * Who sent a request: the bearer of an access token for Cardea's own API, or of an API key for it.
 *
 * A token that was issued to a person may never do more than the role that the person has now; a token or key without a
 * person has the scopes that it was given.
 */
import { type KeyVerification, parseKey } from '../api_keys/room.ts';
import { type AdminScope, adminApi, adminScopeNames } from '../definitions/admin_scopes.ts';
import { CardeaError } from '../errors.ts';
import type { AccessTokenReader, ArePrincipalsActive } from '../tokens/room.ts';
import type { AdminCaller } from './caller.ts';
import type { FindOperator } from './operators.ts';

export type PresentedCredential = {
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
  catchUp,
}: {
  accessTokens: Pick<AccessTokenReader, 'read'>;
  arePrincipalsActive: ArePrincipalsActive;
  verification: Pick<KeyVerification, 'verify' | 'verifyToken'>;
  findOperator: FindOperator;
  catchUp: () => Promise<number>;
}): Authenticate {
  /** No more than the person's role allows now. */
  const ofPerson = async (userId: string, granted: readonly string[], asOf: number) => {
    const operator = await findOperator(userId, asOf);
    const scopes = known(granted).filter((scope) => operator?.scopes.has(scope));
    return { userId, role: operator?.role, projects: operator?.projects, scopes: new Set(scopes) };
  };

  const ofNobody = (granted: readonly string[]) => ({
    ...{ userId: undefined, role: undefined, projects: undefined },
    scopes: new Set(known(granted)),
  });

  const byKey = async (key: string, { ip, requestId }: PresentedCredential, asOf: number) => {
    const verdict = await verification.verify({ key, api: [adminApi], ip, asOf });
    if (!verdict.valid) throw refused(verdict.reason);
    const { id, userId } = verdict.record;
    const rights = userId ? await ofPerson(userId, verdict.scopes, asOf) : ofNobody(verdict.scopes);
    const kind = 'api_key' as const;
    return { kind, id, ...rights, authenticatedAt: undefined, ip, requestId };
  };

  const byToken = async (token: string, { ip, requestId }: PresentedCredential, asOf: number) => {
    const read = await accessTokens.read(token, asOf);
    const isOurs = read && [read.claims.aud].flat().includes(adminApi);
    if (!isOurs || !(await arePrincipalsActive(read.links, asOf))) throw invalidToken();
    const { claims, accountId, links } = read;
    // Whoever stole it lacks the key that it is bound to, and no proof of that key is taken here.
    if (claims.cnf !== undefined || claims.act !== undefined) throw invalidToken();
    // What was exchanged for an API key is limited as the key is.
    if (links.derivedFrom !== undefined) throw invalidToken();
    const granted = claims.scope?.split(' ') ?? [];
    const authenticatedAt = claims.auth_time === undefined ? undefined : claims.auth_time * 1000;
    const from = { authenticatedAt, ip, requestId };
    if (accountId === undefined) {
      return { kind: 'client' as const, id: claims.client_id, ...ofNobody(granted), ...from };
    }
    const rights = await ofPerson(accountId, granted, asOf);
    return { kind: 'user' as const, id: accountId, ...rights, ...from };
  };

  return async (presented) => {
    const [, scheme = '', value = ''] = /^(\S+) +(\S+) *$/.exec(presented.authorization) ?? [];
    if (scheme.toLowerCase() !== 'bearer') throw unauthorized();
    const asOf = await catchUp();
    return parseKey(value) ? byKey(value, presented, asOf) : byToken(value, presented, asOf);
  };
}

function known(granted: readonly string[]): AdminScope[] {
  return adminScopeNames.filter((scope) => granted.includes(scope));
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
