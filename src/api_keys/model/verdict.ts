/**
 * The vocabulary of this room: what a verification of a key results in. The room owns API keys: their format,
 * lifecycle, verification, limits, usage and exchange. It stores only hashes of keys, and it does not decide
 * how a revocation reaches other processes (tokens/).
 */
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectRecord } from '../../storage/projects.ts';

export type { ApiKeyRecord } from '../../storage/api_keys.ts';

/** Where a key stands within its limit (draft-ietf-httpapi-ratelimit-headers). */
export type RateState = {
  limit: number;
  remaining: number;
  /** Seconds until the oldest use leaves the window. For a refused use: until it is worth trying again. */
  reset: number;
  windowSeconds: number;
};

export const refusalReasons = [
  'unknown',
  'malformed',
  'revoked',
  'expired',
  'disabled',
  'ip_not_allowed',
  'insufficient_scope',
  'wrong_environment',
  'rate_limited',
  'quota_exceeded',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

export type ValidVerdict = {
  valid: true;
  record: ApiKeyRecord;
  /** The owner of a project's key; absent for a user's. */
  project?: ProjectRecord | undefined;
  /** The key's scopes that the API still defines and that its owner may still have. */
  scopes: string[];
  tier: string | undefined;
  /** Per minute; per month if there is no limit per minute. */
  rateLimit?: RateState | undefined;
  /** Per month. */
  quota?: RateState | undefined;
};

export type InvalidVerdict = {
  valid: false;
  reason: RefusalReason;
  /** Absent if the key is not known. */
  record?: ApiKeyRecord | undefined;
  /** The limit that was exceeded, if `reason` says that one was. */
  rateLimit?: RateState | undefined;
  quota?: RateState | undefined;
};

export type KeyVerdict = ValidVerdict | InvalidVerdict;
