/**
 * API keys at the introspection endpoint (RFC 7662), and tokens that come of them: for the client that is the API
 * that they are for, as `/api-keys/verify` is. To anybody else a key is a token that does not exist. An
 * introspection by the API is a use of the key; where it is used from, the API may say.
 */
import type { ApiRegistry } from '../../apis/room.ts';
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
  /** The id of the project or of the user. */
  sub: string;
  aud: string;
  jti: string;
  iat: number;
  exp?: number;
  environment: 'live' | 'test';
};

/** `reason` where the credential is good, and only this use of it is not: nothing else is told of what is inactive. */
type InactiveKey = { active: false; reason?: RefusalReason; rate_limit?: RateLimitBody };

export type KeyIntrospectionResponse<Body> = { body: Body; headers: Record<string, string> };

/** Who uses it, and from where, as the API says: empty or undefined, unknown. */
export type IntrospectedUse = { ip: string | undefined; asOf: number | undefined };

export type KeyIntrospection = {
  /** Undefined: no key that this client may know of. StoreUnavailableError, here and below. */
  introspectKey(
    clientId: string,
    token: string,
    use: IntrospectedUse,
  ): Promise<KeyIntrospectionResponse<ActiveKey | InactiveKey> | undefined>;
  /**
   * Of a live token. `keyIds`: the API keys that it comes of. `body` undefined: it is active, and what it is has been
   * said. Undefined: it is no use of a key, or it is not the API that asks.
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
