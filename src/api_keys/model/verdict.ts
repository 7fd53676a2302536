/**
 * What all of this room speaks of: a key as it is kept, and what a verification of one comes to. The room
 * owns API keys: their format, life, verification, limits, usage and exchange. It keeps no key, only what
 * one is found by, and it does not own what becomes of a revocation elsewhere (tokens/).
 */
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ProjectRecord } from '../../storage/projects.ts';

export type { ApiKeyRecord } from '../../storage/api_keys.ts';

/** Where a key stands within its limit (RateLimit header fields draft). */
export type RateState = {
  limit: number;
  remaining: number;
  /** Seconds until the oldest use counts no more; of a refusal: until it is worth trying again. */
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
  /** Whose key it is; absent for a user's. */
  project?: ProjectRecord | undefined;
  /** What it may do now: its scopes that the API still defines and its owner may still have. */
  scopes: string[];
  tier: string | undefined;
  /** Of the minute, or else of the month. */
  rateLimit?: RateState | undefined;
  /** Of the month. */
  quota?: RateState | undefined;
};

export type InvalidVerdict = {
  valid: false;
  reason: RefusalReason;
  /** Only where it is about a key that there is. */
  record?: ApiKeyRecord | undefined;
  /** Of what is over, when `reason` says that something is. */
  rateLimit?: RateState | undefined;
  quota?: RateState | undefined;
};

export type KeyVerdict = ValidVerdict | InvalidVerdict;
