/**
 * Decides whether a request that reached a gateway may go on to the API behind it, and on whose behalf. It owns
 * the decision for all three kinds of credentials: API keys, JWTs and opaque tokens. How a gateway asks is up
 * to routes.ts; what a key or token is worth is up to api_keys/ and tokens/.
 */
import {
  type AccessToken,
  type AccessTokens,
  type Identity,
  type InvalidVerdict,
  type KeyVerification,
  type RefusalReason,
  tokenRefusalReason,
  type ValidVerdict,
  verdictHeaders,
} from '../api_keys/room.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { Clock } from '../clock.ts';
import type { SignIn } from '../definitions/authentication.ts';
import type { KeyTokens } from './exchanged_tokens.ts';
import type { ForwardAuthSettings } from './forward_auth_settings.ts';
import type { Credential } from './presented_credential.ts';
import { isSignedInAsRequired } from './sign_in_requirement.ts';

type DecisionRequest = {
  settings: ForwardAuthSettings;
  credential: Credential;
  /** Empty if unknown: then no allowlist matches. */
  ip: string;
  /** Whether the gateway has proved to act for the API. Opaque tokens are not disclosed to anybody else. */
  isOfApi: boolean;
  /** The number of the last revocation, if it was read since the request arrived. */
  asOf?: number | undefined;
};

/** `headers`: for the response to the caller. */
export type ForwardAuthDecision =
  | {
      allowed: true;
      identity: Identity;
      authorization: string | undefined;
      headers: Record<string, string>;
    }
  | {
      allowed: false;
      error:
        | 'invalid_token'
        | 'insufficient_scope'
        | 'insufficient_user_authentication'
        | 'rate_limited'
        | 'quota_exceeded';
      /** For the log: callers do not learn why a credential is not valid. */
      reason: string;
      apiKeyId?: string | undefined;
      headers: Record<string, string>;
      /** Seconds. */
      retryAfter?: number | undefined;
    };

export type ForwardAuth = {
  /** Throws StoreUnavailableError: nothing was decided. */
  decide(question: DecisionRequest): Promise<ForwardAuthDecision>;
};

export function createForwardAuth({
  verification,
  accessTokens,
  tokens,
  catchUp,
  clock,
}: {
  verification: Pick<KeyVerification, 'verify' | 'verifyToken'>;
  accessTokens: AccessTokens;
  tokens: KeyTokens;
  catchUp: MarkerWatch['catchUp'];
  clock: Clock;
}): ForwardAuth {
  const isSignedIn = (signIn: SignIn, { signIn: required }: ForwardAuthSettings) =>
    isSignedInAsRequired(signIn, required, clock.now());

  const byKey = async (question: DecisionRequest): Promise<ForwardAuthDecision> => {
    const { settings, credential, ip } = question;
    // A single read of the revocations is enough for the key and its token.
    const asOf = question.asOf ?? (settings.handsOverToken ? await catchUp() : undefined);
    const request = {
      key: credential.value,
      api: [settings.api.identifier],
      scopes: settings.scopes,
      environment: settings.environment,
      ip,
    };
    const verdict = await verification.verify({ ...request, asOf });
    if (!verdict.valid) return denialFor(verdict);
    if (!isSignedIn(nobody, settings)) return denyAsWeak(verdict.record.id);
    const decision = {
      allowed: true,
      identity: identityOfKey(verdict),
      headers: verdictHeaders(verdict),
    } as const;
    if (!settings.handsOverToken || asOf === undefined) {
      return { ...decision, authorization: undefined };
    }
    const look = () => verification.verify({ ...request, count: false });
    const handed = await tokens.tokenFor(verdict, asOf).catch(async (error: unknown) => {
      const now = await look();
      if (now.valid) throw error;
      // The key ended just now, which is why no token was issued.
      return { ended: now };
    });
    if ('ended' in handed) return denialFor(handed.ended);
    const { token, isNew } = handed;
    // Verified again once the token is recorded: either the revocation sees the token, or this check sees the
    // revocation.
    const again = isNew ? await look() : verdict;
    return again.valid ? { ...decision, authorization: `Bearer ${token}` } : denialFor(again);
  };

  /** The token, or the reason why there is none. */
  const read = async (
    token: string,
    isOfApi: boolean,
    asOf: number,
  ): Promise<AccessToken | string> => {
    const kind = accessTokens.kindOf(token);
    if (kind === undefined) return 'malformed';
    if (kind === 'opaque' && !isOfApi) return 'unauthenticated_gateway';
    return (await accessTokens.read(token, asOf)) ?? 'unknown';
  };

  const byToken = async (question: DecisionRequest): Promise<ForwardAuthDecision> => {
    const { settings, credential, isOfApi, ip } = question;
    // A single read of the revocations is enough for the token and everything it was exchanged for.
    const asOf = question.asOf ?? (await catchUp());
    const token = await read(credential.value, isOfApi, asOf);
    if (typeof token === 'string') return denyAsInvalid(token);
    const { identity, audiences, signIn, isBound, keyIds } = token;
    if (!audiences.includes(settings.api.identifier)) return denyAsInvalid('wrong_audience');
    if (isBound) return denyAsInvalid('bound_to_key');
    const reason = tokenRefusalReason(identity, settings);
    const verdict =
      keyIds.length > 0 && (await verification.verifyToken({ keyIds, ip, asOf, reason }));
    if (verdict && !verdict.valid) return denialFor(verdict);
    if (reason) return denialFor({ valid: false, reason });
    if (!isSignedIn(signIn, settings)) return denyAsWeak(identity.apiKeyId);
    const authorization = settings.handsOverToken ? `Bearer ${credential.value}` : undefined;
    const isTheKeys = verdict && verdict.record.id === identity.apiKeyId;
    return {
      allowed: true,
      identity: isTheKeys ? { ...identity, tier: verdict.tier } : identity,
      authorization,
      headers: verdict ? verdictHeaders(verdict) : {},
    };
  };

  return {
    decide: (question) =>
      question.credential.kind === 'api_key' ? byKey(question) : byToken(question),
  };
}

function identityOfKey({ record, scopes, tier }: ValidVerdict): Identity {
  const { id, userId, projectId, environment } = record;
  // The same subject as in tokens made from the key.
  const subject = userId ?? projectId ?? id;
  return { subject, clientId: undefined, scopes, apiKeyId: id, projectId, tier, environment };
}

/**
 * The errors that callers see. Every other reason becomes `invalid_token`, so callers cannot tell them apart.
 */
const callerErrors: Partial<
  Record<RefusalReason, 'insufficient_scope' | 'rate_limited' | 'quota_exceeded'>
> = {
  insufficient_scope: 'insufficient_scope',
  rate_limited: 'rate_limited',
  quota_exceeded: 'quota_exceeded',
};

function denialFor(verdict: InvalidVerdict): ForwardAuthDecision {
  const { reason, record, rateLimit } = verdict;
  const error = callerErrors[reason];
  if (!error) return denyAsInvalid(reason, record?.id);
  const refusal = { allowed: false, error, reason, apiKeyId: record?.id } as const;
  if (error === 'insufficient_scope') return { ...refusal, headers: {} };
  const retryAfter = Math.max(1, rateLimit?.reset ?? 1);
  return { ...refusal, headers: verdictHeaders(verdict), retryAfter };
}

/** Nobody signs in for an API key. */
const nobody: SignIn = { level: undefined, at: undefined };

function denyAsWeak(apiKeyId: string | undefined): ForwardAuthDecision {
  const error = 'insufficient_user_authentication';
  return { allowed: false, error, reason: error, apiKeyId, headers: {} };
}

function denyAsInvalid(reason: string, apiKeyId?: string): ForwardAuthDecision {
  return { allowed: false, error: 'invalid_token', reason, apiKeyId, headers: {} };
}
