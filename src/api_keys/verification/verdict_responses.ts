/**
 * What is disclosed about a verdict: the body of `/api-keys/verify`, and header fields for any response.
 */
import type { KeyEnvironment } from '../../definitions/api_keys.ts';
import type { KeyVerdict, RateState, ValidVerdict } from '../model/verdict.ts';

/** Where a key stands within its limit; `reset` and `window` in seconds. */
export type RateLimitBody = { limit: number; remaining: number; reset: number; window: number };

export type VerdictBody =
  | {
      valid: true;
      key_id: string;
      api: string;
      /** The id of the owner: exactly one of the two. */
      project?: string;
      user?: string;
      environment: KeyEnvironment;
      scopes: string[];
      tier: string | null;
      /** ISO 8601; null: never. */
      expires_at: string | null;
      /** Null: no limit. */
      rate_limit: RateLimitBody | null;
      /** Per calendar month; null: no quota. */
      quota: RateLimitBody | null;
      metadata: Record<string, string>;
    }
  | { valid: false; reason: string; rate_limit?: RateLimitBody };

export function verdictBody(verdict: KeyVerdict): VerdictBody {
  if (!verdict.valid) {
    const { reason, rateLimit } = verdict;
    return { valid: false, reason, ...(rateLimit && { rate_limit: rateLimitBody(rateLimit) }) };
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
    rate_limit: rateLimit ? rateLimitBody(rateLimit) : null,
    quota: quota ? rateLimitBody(quota) : null,
    metadata,
  };
}

export function rateLimitBody({ windowSeconds, ...state }: RateState): RateLimitBody {
  return { ...state, window: windowSeconds };
}

/**
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) for the minute and the month, and
 * for a rotated key `Deprecation` (RFC 9745: since when) and `Sunset` (RFC 8594: until when). Names in lower case.
 */
export function verdictHeaders(verdict: KeyVerdict): Record<string, string> {
  return { ...rateLimitHeaders(verdict), ...(verdict.valid && rotationHeaders(verdict)) };
}

function rateLimitHeaders({ rateLimit, quota, record }: KeyVerdict): Record<string, string> {
  // The limit of an address says nothing about a key.
  if (!record || (!rateLimit && !quota)) return {};
  const policies: [string, RateState][] = [];
  if (rateLimit && rateLimit !== quota) policies.push(['minute', rateLimit]);
  if (quota) policies.push(['month', quota]);
  const list = (write: (state: RateState) => string) =>
    policies.map(([name, state]) => `"${name}";${write(state)}`).join(', ');
  return {
    'ratelimit-policy': list(({ limit, windowSeconds }) => `q=${limit};w=${windowSeconds}`),
    ratelimit: list(({ remaining, reset }) => `r=${remaining};t=${reset}`),
  };
}

function rotationHeaders({ record }: ValidVerdict): Record<string, string> {
  const { replacedBy, updatedAt, expiresAt } = record;
  if (replacedBy === undefined) return {};
  return {
    deprecation: `@${Math.floor(updatedAt / 1000)}`,
    ...(expiresAt !== undefined && { sunset: new Date(expiresAt).toUTCString() }),
  };
}
