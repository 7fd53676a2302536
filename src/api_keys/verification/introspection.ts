/**
 * API keys, and tokens exchanged for them, at the introspection endpoint (RFC 7662). Like `/api-keys/verify`,
 * it serves the client that is the key's API; for anybody else the key does not exist. An introspection by the
 * API counts as a use of the key, and the API may say from which address.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { KeyEnvironment } from '../../definitions/api_keys.ts';
import { parseKey } from '../model/key_format.ts';
import type { InvalidVerdict, KeyVerdict, RefusalReason } from '../model/verdict.ts';
import type { KeyVerification } from './key_verification.ts';
import { type RateLimitBody, rateLimitBody, verdictHeaders } from './verdict_responses.ts';

/** RFC 7662 section 2.2; times in seconds since the epoch. */
type ActiveKey = {
  active: true;
  iss: string;
  token_type: 'api_key';
  scope: string;
  /** The id of the project or the user. */
  sub: string;
  aud: string;
  jti: string;
  iat: number;
  exp?: number;
  environment: KeyEnvironment;
};

/**
 * `reason` is given only if the credential itself is valid and just this use is refused. Nothing else is
 * disclosed about inactive credentials.
 */
type InactiveKey = { active: false; reason?: RefusalReason; rate_limit?: RateLimitBody };

type KeyIntrospectionResponse<Body> = { body: Body; headers: Record<string, string> };

/**
 * `ip`: the address that uses the credential, according to the API; empty or undefined if unknown. `asOf`: the
 * sequence number of the last revocation.
 */
type IntrospectedUse = { ip: string | undefined; asOf: number | undefined };

export type KeyIntrospection = {
  /** Undefined if this client may not know the key. Throws StoreUnavailableError, as does introspectToken. */
  introspectKey(
    clientId: string,
    token: string,
    use: IntrospectedUse,
  ): Promise<KeyIntrospectionResponse<ActiveKey | InactiveKey> | undefined>;
  /**
   * For an active token. `keyIds`: the API keys behind it. `body` undefined: the token is active, and the
   * caller has its claims already. Undefined: no key is behind it, or the client is not its API.
   */
  introspectToken(
    clientId: string,
    token: { audiences: readonly string[]; keyIds: readonly string[] },
    use: IntrospectedUse,
  ): Promise<KeyIntrospectionResponse<InactiveKey | undefined> | undefined>;
};

const disclosedReasons: ReadonlySet<RefusalReason> = new Set([
  'ip_not_allowed',
  'rate_limited',
  'quota_exceeded',
] as const);

export function createKeyIntrospection({
  issuer,
  verification,
  apis,
}: {
  issuer: string;
  verification: Pick<KeyVerification, 'verify' | 'verifyToken'>;
  apis: Pick<ApiRegistry, 'byClientId'>;
}): KeyIntrospection {
  const ownApis = (clientId: string) =>
    apis.byClientId(clientId).map(({ identifier }) => identifier);

  const bodyOf = (verdict: KeyVerdict): ActiveKey | InactiveKey => {
    if (!verdict.valid) return inactiveResponse(verdict);
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

  return {
    async introspectKey(clientId, token, use) {
      const own = ownApis(clientId);
      if (own.length === 0 || !parseKey(token)) return undefined;
      const verdict = await verification.verify({ key: token, api: own, ...use });
      return { body: bodyOf(verdict), headers: verdictHeaders(verdict) };
    },

    async introspectToken(clientId, { audiences, keyIds }, use) {
      const own = ownApis(clientId);
      if (keyIds.length === 0 || !audiences.some((audience) => own.includes(audience))) {
        return undefined;
      }
      const verdict = await verification.verifyToken({ keyIds, ...use });
      return {
        body: verdict.valid ? undefined : inactiveResponse(verdict),
        headers: verdictHeaders(verdict),
      };
    },
  };
}

function inactiveResponse({ reason, rateLimit }: InvalidVerdict): InactiveKey {
  if (!disclosedReasons.has(reason)) return { active: false };
  return { active: false, reason, ...(rateLimit && { rate_limit: rateLimitBody(rateLimit) }) };
}
