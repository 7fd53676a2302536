/**
 * A token exchange request's parameters (RFC 8693 section 2.1), checked for their shape.
 */
import { CardeaError } from '../../errors.ts';

export const apiKeyType = 'urn:cardea:token-type:api_key';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const jwtType = 'urn:ietf:params:oauth:token-type:jwt';

export const exchangeParameters = [
  ...['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
  ...['requested_token_type', 'resource', 'audience', 'scope'],
] as const;

type Name = (typeof exchangeParameters)[number];

export type ExchangeRequest = {
  subjectToken: string;
  subjectTokenType: string;
  actorToken: string | undefined;
  /** The API; undefined: as it is. */
  target: string | undefined;
  scopes: string[] | undefined;
};

/** Throws CardeaError `invalid_request`. */
export function parseExchange(params: Record<string, unknown>): ExchangeRequest {
  const read = (name: Name): string | undefined => {
    const value = params[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw malformed(`${name} must be given once`);
  };
  const need = (name: Name): string => {
    const value = read(name);
    if (value === undefined) throw malformed(`${name} is required`);
    return value;
  };
  const requested = read('requested_token_type') ?? accessTokenType;
  if (requested !== accessTokenType && requested !== jwtType) {
    throw malformed('requested_token_type must be an access token');
  }
  const actorToken = read('actor_token');
  if (
    actorToken === undefined
      ? read('actor_token_type') !== undefined
      : !isAccessToken(need('actor_token_type'))
  ) {
    throw malformed('actor_token and actor_token_type must name an access token');
  }
  const [resource, audience] = [read('resource'), read('audience')];
  if (resource !== undefined && audience !== undefined && resource !== audience) {
    throw malformed('resource and audience must name one API');
  }
  return {
    subjectToken: need('subject_token'),
    subjectTokenType: need('subject_token_type'),
    actorToken,
    target: resource ?? audience,
    scopes: read('scope')?.split(' ').filter(Boolean),
  };
}

/** Of a subject or an actor token. */
export function isAccessToken(type: string): boolean {
  return type === accessTokenType || type === jwtType;
}

/** RFC 8693 section 2.2.1. */
export function exchangeAnswer(
  { token, expiresIn }: { token: string; expiresIn: number },
  scopes: readonly string[],
) {
  return {
    access_token: token,
    issued_token_type: accessTokenType,
    token_type: 'Bearer',
    expires_in: expiresIn,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  };
}

function malformed(message: string): CardeaError {
  return new CardeaError({ code: 'invalid_request', status: 400, message });
}
