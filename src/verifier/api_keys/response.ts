/**
 * What Cardea answers about keys (`POST /api-keys/verify`). It reads an answer, whole or not at all; what
 * follows from one is decided elsewhere. All of it is frozen: one answer is shared by many requests.
 */
import { isRecord } from '../option_checks.ts';

/** Where a key stands within its limit; `reset` in seconds. */
export type RateLimit = {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
  /** Seconds in which the limit counts: 60, or those of a month. */
  readonly window: number;
};

export type ValidKey = {
  valid: true;
  keyId: string;
  api: string;
  /** Whose key it is, one of the two. */
  project: string | undefined;
  user: string | undefined;
  environment: 'live' | 'test';
  scopes: readonly string[];
  tier: string | null;
  /** ISO 8601; null: never. */
  expiresAt: string | null;
  /** Null: no limit. */
  rateLimit: RateLimit | null;
  /** Of the month, where it is told beside that of the minute. */
  quota: RateLimit | null;
  metadata: Readonly<Record<string, string>>;
};

export type InvalidKey = { valid: false; reason: string; rateLimit: RateLimit | null };

export type KeyAnswer = ValidKey | InvalidKey;

/** Seconds. */
export const minute = 60;
const longestMonth = 31 * 86_400;

/** `takesReports`: Cardea hears also of uses that were let through or refused without asking it. */
export type AnswersRead = { answers: KeyAnswer[]; takesReports: boolean };

/** Exactly `count` answers; undefined: not usable. */
export function readAnswers(body: Uint8Array, count: number): AnswersRead | undefined {
  const { results, takes_reports: takesReports } = objectIn(body);
  if (!Array.isArray(results) || results.length !== count) return undefined;
  const answers = results.flatMap((result) => readAnswer(result) ?? []);
  return answers.length === count ? { answers, takesReports: takesReports === true } : undefined;
}

function objectIn(body: Uint8Array): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function readAnswer(given: unknown): KeyAnswer | undefined {
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
    isText(keyId) &&
    isText(api) &&
    isText(project) !== isText(user) &&
    (environment === 'live' || environment === 'test') &&
    Array.isArray(scopes) &&
    scopes.every(isText) &&
    (tier === null || isText(tier)) &&
    (expiresAt === null || (isText(expiresAt) && Number.isFinite(Date.parse(expiresAt)))) &&
    // A limit that is not understood would be none.
    (rateLimit !== null || (given.rate_limit ?? null) === null) &&
    (quota !== null || (given.quota ?? null) === null) &&
    isRecord(metadata) &&
    Object.values(metadata).every((value) => typeof value === 'string');
  if (!isRight) return undefined;
  return Object.freeze({
    valid: true,
    keyId,
    api,
    project: isText(project) ? project : undefined,
    user: isText(user) ? user : undefined,
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
  // An older Cardea does not say; only a month has so long to go.
  const { window = reset > minute ? longestMonth : minute } = given;
  return isCount(window) ? Object.freeze({ limit, remaining, reset, window }) : null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
