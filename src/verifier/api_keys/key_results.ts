/**
 * The response of `POST /api-keys/verify`. It is read completely or not at all; what follows from it is decided
 * elsewhere. Results are frozen because many requests share them.
 */
import { isNonEmptyString, isRecord } from '../value_checks.ts';

/** Where a key stands within its limit; `reset` in seconds. */
export type RateLimit = {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
  /** Length of the window in seconds: 60, or that of a month. */
  readonly window: number;
};

export type ValidKey = {
  valid: true;
  keyId: string;
  api: string;
  /** The owner: exactly one of the two. */
  project: string | undefined;
  user: string | undefined;
  environment: 'live' | 'test';
  scopes: readonly string[];
  tier: string | null;
  /** ISO 8601; null: never. */
  expiresAt: string | null;
  /** Null: no limit. */
  rateLimit: RateLimit | null;
  /** Per month, if reported beside the limit per minute. */
  quota: RateLimit | null;
  metadata: Readonly<Record<string, string>>;
};

export type InvalidKey = { valid: false; reason: string; rateLimit: RateLimit | null };

export type KeyResult = ValidKey | InvalidKey;

/** Seconds. */
export const minuteSeconds = 60;
const maxMonthSeconds = 31 * 86_400;

/** `takesReports`: whether Cardea accepts reports of uses that were allowed or refused without asking. */
export type ReadResults = { results: KeyResult[]; takesReports: boolean };

/** Exactly `count` results; undefined if the response is not usable. */
export function readResults(body: Uint8Array, count: number): ReadResults | undefined {
  const { results: given, takes_reports: takesReports } = objectIn(body);
  if (!Array.isArray(given) || given.length !== count) return undefined;
  const results = given.flatMap((result) => readResult(result) ?? []);
  return results.length === count ? { results, takesReports: takesReports === true } : undefined;
}

function objectIn(body: Uint8Array): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function readResult(given: unknown): KeyResult | undefined {
  if (!isRecord(given)) return undefined;
  const rateLimit = readRateLimit(given.rate_limit);
  if (given.valid === false) {
    return typeof given.reason === 'string'
      ? Object.freeze({ valid: false, reason: given.reason, rateLimit })
      : undefined;
  }
  return given.valid === true ? readValid(given, rateLimit) : undefined;
}

function readValid(
  given: Record<string, unknown>,
  rateLimit: RateLimit | null,
): ValidKey | undefined {
  const { key_id: keyId, api, project, user, environment, scopes, metadata } = given;
  const { tier = null, expires_at: expiresAt = null } = given;
  const quota = readRateLimit(given.quota);
  const isRight =
    isNonEmptyString(keyId) &&
    isNonEmptyString(api) &&
    isNonEmptyString(project) !== isNonEmptyString(user) &&
    (environment === 'live' || environment === 'test') &&
    Array.isArray(scopes) &&
    scopes.every(isNonEmptyString) &&
    (tier === null || isNonEmptyString(tier)) &&
    (expiresAt === null ||
      (isNonEmptyString(expiresAt) && Number.isFinite(Date.parse(expiresAt)))) &&
    // A limit that cannot be read must not count as no limit.
    (rateLimit !== null || (given.rate_limit ?? null) === null) &&
    (quota !== null || (given.quota ?? null) === null) &&
    isRecord(metadata) &&
    Object.values(metadata).every((value) => typeof value === 'string');
  if (!isRight) return undefined;
  return Object.freeze({
    valid: true,
    keyId,
    api,
    project: isNonEmptyString(project) ? project : undefined,
    user: isNonEmptyString(user) ? user : undefined,
    environment,
    scopes: Object.freeze([...scopes]),
    tier,
    expiresAt,
    rateLimit,
    quota,
    metadata: Object.freeze({ ...(metadata as Record<string, string>) }),
  });
}

function readRateLimit(given: unknown): RateLimit | null {
  if (!isRecord(given)) return null;
  const { limit, remaining, reset } = given;
  if (!isCount(limit) || !isCount(remaining) || !isCount(reset)) return null;
  // Older versions of Cardea do not send it; only a month can take that long to reset.
  const { window = reset > minuteSeconds ? maxMonthSeconds : minuteSeconds } = given;
  return isCount(window) ? Object.freeze({ limit, remaining, reset, window }) : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
