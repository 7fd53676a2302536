/**
 * How much Cardea takes and for how long it waits, where the documentation says so. Bytes, milliseconds.
 */
import { minuteMs } from './units.ts';

const kib = 1024;

export const serverLimits = {
  /**
   * The largest honest body is a registration or a pushed request with a request object; where more is to be taken,
   * its route says so (`bodyLimit`).
   */
  requestBody: 64 * kib,
  /** GitHub collects what it has found: 5,000 findings of some 200 bytes each. */
  githubReport: 1024 * kib,
  /** Characters of the request target. */
  url: 8 * kib,
  headers: 16 * kib,
  /** From opening a connection, or its first byte, to the end of the headers (slowloris). */
  headersMs: 10_000,
  /** To the end of the body. */
  requestMs: 30_000,
  /** From the end of the request's body; promised are five seconds. */
  responseMs: 4800,
  /** How long an idle connection stays open: longer than proxies keep theirs, or they run into a closed one. */
  keepAliveMs: 75_000,

  statusListWaitMs: 30_000,
  /** Of one worker. */
  statusListWaiting: 2000,

  /** Concurrent deliveries per endpoint and process. */
  webhooksAtOnce: 4,
  /** For one attempt, as the Standard Webhooks specification recommends. */
  webhookMs: 15_000,

  /** From name resolution to the last byte. */
  outboundMs: 2500,
  /** After decompression. */
  outboundBody: 256 * kib,

  /** Characters of an unfinished request of usual size: a larger one counts as several. */
  unfinishedRequest: 2 * kib,

  /** For how long an API key's creation or rotation that is repeated gives the same key. */
  idempotencyMs: 10 * minuteMs,
} as const;

/** The fraction of its limit of unfinished requests that a network keeps when all of them together leave too many. */
export const crowdedShare = 1 / 20;
