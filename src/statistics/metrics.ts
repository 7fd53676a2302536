/**
 * What is counted for statistics, by name, and what its labels are. The labels are few and fixed: each is a row for each
 * hour, and no stranger can make another.
 */
export const statisticsMetrics = {
  /** By grant type. */
  tokensIssued: 'tokens_issued',
  /** By the name of the reason (definitions/refusal_reasons.ts), `other` where it has none. */
  requestsRefused: 'requests_refused',
  /** By what was revoked (`token`, `grant`, `client`); `by_client`: a token, by the client that it was issued to. */
  revocations: 'revocations',
  signIns: 'sign_ins',
  /** `failed`, or `throttled`. */
  failedSignIns: 'failed_sign_ins',
  signOuts: 'sign_outs',
  /** By verdict: `valid`, or the reason. */
  apiKeyVerdicts: 'api_key_verdicts',
  /** Of each second in which password hashes waited for their turn: how many. */
  passwordQueue: 'password_queue',
  /** Seconds that operations of the store took: `ok`, or `failed`. */
  storeSeconds: 'store_seconds',
} as const;

export type StatisticsMetric = (typeof statisticsMetrics)[keyof typeof statisticsMetrics];
