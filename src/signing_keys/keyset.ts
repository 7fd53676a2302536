/**
 * The keyset: the one document that all workers and nodes share, and what it means at an instant. Pure:
 * which key signs, which are published and when each changes its state follow from the document and the
 * clock alone, so that all nodes switch at the same instant without having to hear of it. It generates
 * and seals nothing, and reads no store.
 *
 * The order of the keys is their order of succession. A key signs from its activation until a later one
 * is active; it stays published until the last token that it signed has expired, plus skew.
 */
import { skewMs } from '../clock.ts';

export const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof algorithms)[number];

/** `next`: published, does not sign yet. `previous`: published, signs no more. `retired`: unpublished. */
export type KeyState = 'next' | 'current' | 'previous' | 'retired';

/** The public part (RFC 7517): `kid`, `alg`, `use: sig` and the members of its type. */
export type PublicJwk = {
  kty: string;
  use: 'sig';
  alg: Algorithm;
  kid: string;
  [member: string]: string;
};

/** A signing key as it is stored. Times are milliseconds since the epoch. */
export type KeyRecord = {
  /** RFC 7638 thumbprint. */
  kid: string;
  algorithm: Algorithm;
  publicJwk: PublicJwk;
  /** PKCS #8, sealed; absent once it cannot be needed any more. */
  sealed?: string;
  /** From here on it certainly stands in every node's JWKS. */
  publishedAt: number;
  activatesAt: number;
  /** When it should begin to sign; only until someone has seen it in the store (confirmPublished). */
  plannedAt?: number;
  /** Longest lifetime of any token that it may have signed; only grows. */
  tokenLifetimeMs: number;
  /** Why it was made. */
  reason: string;
  /** Its activation is in the audit trail. */
  activated?: boolean;
  retiredAt?: number;
  revokedAt?: number;
};

/** `algorithm` is the one that new keys get: the configuration of whichever process started last. */
export type Keyset = { algorithm: Algorithm; keys: KeyRecord[] };

/** What a key is at one instant. */
export type KeyTimes = {
  record: KeyRecord;
  state: KeyState;
  /** When its successor takes over; absent: none is known yet. */
  signsUntil?: number;
  /** When it leaves the JWKS; absent as long as `signsUntil` is. */
  publishedUntil?: number;
};

/**
 * State and times of each key at `now`, in the order of succession. At most one is `current`; none only
 * when no key can sign. `canSign` narrows that to the private keys that this process can open.
 */
export function timeline(
  { keys }: Keyset,
  now: number,
  canSign: (record: KeyRecord) => boolean = hasPrivatePart,
): KeyTimes[] {
  const windows = signingWindows(keys);
  const current = chooseCurrent(windows, now, canSign);
  return windows.map((window) => ({ ...window, state: stateOf(window, window === current, now) }));
}

/** The next instant after `now` at which some key changes its state; undefined: none is known. */
export function nextChangeAt(times: readonly KeyTimes[], now: number): number | undefined {
  const instants = times
    .filter(({ state }) => state !== 'retired')
    .flatMap(({ record, publishedUntil }) => [record.activatesAt, publishedUntil ?? now])
    .filter((instant) => instant > now);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

/** It can be published: neither revoked nor retired. */
export function isLive(record: KeyRecord): boolean {
  return record.revokedAt === undefined && record.retiredAt === undefined;
}

function hasPrivatePart(record: KeyRecord): boolean {
  return record.sealed !== undefined;
}

type SigningWindow = Omit<KeyTimes, 'state'>;

/** A key's window ends with the earliest activation among its successors, those included that were revoked after it. */
function signingWindows(keys: readonly KeyRecord[]): SigningWindow[] {
  const windows: SigningWindow[] = [];
  let end: number | undefined;
  for (const record of keys.toReversed()) {
    windows.unshift(end === undefined ? { record } : endingAt(record, end));
    const signed = record.revokedAt === undefined || record.activatesAt <= record.revokedAt;
    if (signed) end = Math.min(record.activatesAt, end ?? record.activatesAt);
  }
  return windows;
}

function endingAt(record: KeyRecord, signsUntil: number): SigningWindow {
  return { record, signsUntil, publishedUntil: signsUntil + record.tokenLifetimeMs + skewMs };
}

/**
 * The key within its signing window. Where there is none (this clock is behind a revocation, or this
 * process cannot open the right one) the one whose window comes first, and only then one past its window.
 */
function chooseCurrent(
  windows: readonly SigningWindow[],
  now: number,
  canSign: (record: KeyRecord) => boolean,
): SigningWindow | undefined {
  const live = windows.filter(({ record }) => isLive(record));
  const active = live.filter(({ record }) => record.activatesAt <= now);
  const upcoming = live
    .filter(({ record }) => record.activatesAt > now)
    .sort((left, right) => left.record.activatesAt - right.record.activatesAt);
  const able = ({ record }: SigningWindow) => canSign(record);
  return (
    active.findLast((window) => (window.signsUntil ?? Infinity) > now && able(window)) ??
    upcoming.find(able) ??
    active.findLast(able)
  );
}

function stateOf(
  { record, signsUntil = Infinity, publishedUntil = Infinity }: SigningWindow,
  isCurrent: boolean,
  now: number,
): KeyState {
  if (isCurrent) return 'current';
  if (!isLive(record) || publishedUntil <= now) return 'retired';
  return signsUntil <= now ? 'previous' : 'next';
}
