/**
 * The size limits and timeouts that the documentation quotes. Bytes and milliseconds.
 */
import { dayMs, hourMs, minuteMs } from './units.ts';

const kib = 1024;

export const serverLimits = {
  /**
   * The largest legitimate body is a registration or a pushed request with a request object. A route that needs more
   * sets its own `bodyLimit`.
   */
  requestBody: 64 * kib,
  /** GitHub reports in batches: 5,000 findings of about 200 bytes each. */
  githubReport: 1024 * kib,
  /** The look of the pages: a logo of 512 KiB, once as a file and once as base64, as it came back with a preview. */
  lookForm: 1280 * kib,
  /** Settings with the largest logo, as base64. */
  settings: 1024 * kib,
  /** Characters in the request target. */
  url: 8 * kib,
  headers: 16 * kib,
  /** To the end of the headers, from the first byte or the open connection (slowloris). */
  headersMs: 10_000,
  /** To the end of the body. */
  requestMs: 30_000,
  /** From the end of the request's body. The documentation promises five seconds. */
  responseMs: 4800,
  /** How long an idle connection stays open: longer than proxies keep theirs, so that they never use a closed one. */
  keepAliveMs: 75_000,

  statusListWaitMs: 30_000,
  /** Waiting requests per worker. */
  statusListWaiting: 2000,

  /** Concurrent deliveries per endpoint and process. */
  webhooksAtOnce: 4,
  /** Per attempt, as the Standard Webhooks specification recommends. */
  webhookMs: 15_000,

  /** Concurrent mails per process, each with a connection of its own. */
  mailsAtOnce: 4,
  /** To the server's greeting, TLS included; and for one mail altogether, before another process may take it. */
  mailConnectionMs: 10_000,
  mailMs: 45_000,

  /** From name resolution to the last byte. */
  outboundMs: 2500,
  /** After decompression. */
  outboundBody: 256 * kib,
  /** A client's metadata document, after decompression. */
  clientDocument: 16 * kib,

  /** Characters in an unfinished request of usual size; a larger one counts as several. */
  unfinishedRequest: 2 * kib,

  /** How long a repeated creation or rotation of an API key returns the same key. */
  idempotencyMs: 10 * minuteMs,
} as const;

/** The share of its limit that each network keeps when there are too many unfinished requests in total. */
export const crowdedShare = 1 / 20;

/** How often tokens are inspected for one address, and for all before each has less. Each checks a signature. */
export const inspections = {
  perAddress: { limit: 120, windowMs: 10 * minuteMs },
  inAll: { limit: 12_000, windowMs: 10 * minuteMs },
} as const;

/** How often metadata documents of clients are fetched for one address, and for all before each has less. */
export const documentFetches = {
  perAddress: { limit: 60, windowMs: hourMs },
  inAll: { limit: 6000, windowMs: hourMs },
} as const;

/**
 * Links that are sent to people, how often the code beside one may be typed (40 bits withstand that), and how often a form
 * may be sent that does not spend one.
 */
export const oneTimeLinks = { lifetimeMs: 10 * minuteMs, codeAttempts: 5, uses: 20 } as const;

/** How long a changed mail address can be taken back, and how many such changes of one person are kept. */
export const emailUndoMs = 7 * dayMs;
export const mostFormerEmails = 5;

/** How often a recovery is asked for from one address, and from all before each has less. */
export const recoveries = {
  perAddress: { limit: 60, windowMs: hourMs },
  inAll: { limit: 6000, windowMs: hourMs },
} as const;

/**
 * How often a registration is asked for from one address, and from all before each has less; and how often of these by
 * forms without a proof of work.
 */
export const signUps = {
  all: {
    perAddress: { limit: 60, windowMs: hourMs },
    inAll: { limit: 6000, windowMs: hourMs },
  },
  unsolved: {
    perAddress: { limit: 6, windowMs: hourMs },
    inAll: { limit: 300, windowMs: hourMs },
  },
} as const;

/**
 * What a browser computes before it asks for a registration: `puzzles` × 2^`bits` SHA-256 on average, half a million. Many
 * small puzzles take about as long each time, and show how far it is.
 */
export const proofOfWork = { puzzles: 16, bits: 15, lifetimeMs: hourMs } as const;

/** For how long an invitation can be accepted, and when to try again where one could not be sent. */
export const invitations = { lifetimeMs: 7 * dayMs, againMs: hourMs } as const;

/** How many clients an initial access token (RFC 7591 section 3) registers where its maker does not say. */
export const initialAccessTokenUses = 100;

/** How many APIs a store keeps. Every process holds all of them. */
export const mostStoredApis = 1000;

/** How many tiers operators can make, beside those of the declarative file. */
export const mostStoredTiers = 200;

/** How many webhooks operators can make, beside those of the declarative file. */
export const mostWebhooks = 50;

/** How far is counted what an operator wants to know the number of. Beyond it there are just more. */
export const mostCounted = 1000;
