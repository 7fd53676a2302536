/**
 * API keys at the introspection endpoint (RFC 7662): for the client that is the key's API, as `/api-keys/verify`
 * is. To anybody else a key is a token that does not exist. An introspection is a use of the key; where it is
 * used from is not known, so a key with an allowlist is not active here.
 */
import type { ApiRegistry } from '../apis/registry.ts';
import { parseKey } from './format.ts';
import type { KeyVerification } from './verification.ts';

/** RFC 7662 section 2.2; times in seconds since the epoch. */
export type KeyIntrospection = {
  active: true;
  iss: string;
  token_type: 'api_key';
  scope: string;
  /** The id of the project or of the user. */
  sub: string;
  aud: string;
  jti: string;
  iat: number;
  exp?: number;
  environment: 'live' | 'test';
};

/** Undefined: not active, or nothing that this client may know of. StoreUnavailableError. */
export type IntrospectKey = (
  clientId: string,
  token: string,
) => Promise<KeyIntrospection | undefined>;

export function createKeyIntrospection({
  issuer,
  verification,
  apis,
}: {
  issuer: string;
  verification: KeyVerification;
  apis: Pick<ApiRegistry, 'byClientId'>;
}): IntrospectKey {
  return async (clientId, token) => {
    const own = apis.byClientId(clientId).map(({ identifier }) => identifier);
    if (own.length === 0 || !parseKey(token)) return undefined;
    const verdict = await verification.verify({ key: token, api: own });
    if (!verdict.valid) return undefined;
    const { record, scopes } = verdict;
    const { id, api, projectId, userId, environment, createdAt, expiresAt } = record;
    return {
      active: true,
      iss: issuer,
      token_type: 'api_key',
      scope: scopes.join(' '),
      sub: projectId ?? userId ?? '',
      aud: api,
      jti: id,
      iat: Math.floor(createdAt / 1000),
      ...(expiresAt !== undefined && { exp: Math.floor(expiresAt / 1000) }),
      environment,
    };
  };
}
