/**
 * What is told of a verdict: the body of `/api-keys/verify`, and header fields that any answer may carry.
 */
import type { KeyVerdict, RateState } from '../model/types.ts';

/** Where a key stands within its limit; `reset` and `window` in seconds. */
export type RateLimitAnswer = { limit: number; remaining: number; reset: number; window: number };

export type VerdictAnswer =
  | {
      valid: true;
      key_id: string;
      api: string;
      /** The id of whose key it is, one of the two. */
      project?: string;
      user?: string;
      environment: 'live' | 'test';
      scopes: string[];
      tier: string | null;
      /** ISO 8601; null: never. */
      expires_at: string | null;
      /** Null: no limit. */
      rate_limit: RateLimitAnswer | null;
      /** Of the calendar month; null: no quota. */
      quota: RateLimitAnswer | null;
      metadata: Record<string, string>;
    }
  | { valid: false; reason: string; rate_limit?: RateLimitAnswer };

export function verdictAnswer(verdict: KeyVerdict): VerdictAnswer {
  if (!verdict.valid) {
    const { reason, rateLimit } = verdict;
    return { valid: false, reason, ...(rateLimit && { rate_limit: rateAnswer(rateLimit) }) };
  }
  const { record, scopes, tier, rateLimit, quota } = verdict;
  const { id, api, projectId, userId, environment, expiresAt, metadata } = record;
  return {
    valid: true,
    key_id: id,
    api,
    ...(projectId !== undefined && { project: projectId }),
    ...(userId !== undefined && { user: userId }),
    environment,
    scopes,
    tier: tier ?? null,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    rate_limit: rateLimit ? rateAnswer(rateLimit) : null,
    quota: quota ? rateAnswer(quota) : null,
    metadata,
  };
}

export function rateAnswer({ windowSeconds, ...state }: RateState): RateLimitAnswer {
  return { ...state, window: windowSeconds };
}

/**
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) of the minute and the month, and
 * for a key that was rotated `Deprecation` (RFC 9745: since when) and `Sunset` (RFC 8594: until when).
 */
export function verdictFields(verdict: KeyVerdict): Record<string, string> {
  return { ...rateFields(verdict), ...(verdict.valid && rotationFields(verdict)) };
}

function rateFields({ rateLimit, quota, record }: KeyVerdict): Record<string, string> {
  // What is told of an address is nothing about a key.
  if (!record || (!rateLimit && !quota)) return {};
  const policies: [string, RateState][] = [];
  if (rateLimit && rateLimit !== quota) policies.push(['minute', rateLimit]);
  if (quota) policies.push(['month', quota]);
  const list = (write: (state: RateState) => string) =>
    policies.map(([name, state]) => `"${name}";${write(state)}`).join(', ');
  return {
    'RateLimit-Policy': list(({ limit, windowSeconds }) => `q=${limit};w=${windowSeconds}`),
    RateLimit: list(({ remaining, reset }) => `r=${remaining};t=${reset}`),
  };
}

function rotationFields({ record }: Extract<KeyVerdict, { valid: true }>): Record<string, string> {
  const { replacedBy, updatedAt, expiresAt } = record;
  if (replacedBy === undefined) return {};
  return {
    Deprecation: `@${Math.floor(updatedAt / 1000)}`,
    ...(expiresAt !== undefined && { Sunset: new Date(expiresAt).toUTCString() }),
  };
}
