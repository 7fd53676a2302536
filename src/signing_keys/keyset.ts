/**
 * The keyset: the one document that all workers and nodes share, and what it means at a given time. Pure:
 * which key signs, which are published and when each changes state follow from the document and the clock
 * alone, so all nodes switch at the same time without a message. Generates and seals nothing, reads no store.
 *
 * The order of the keys is their order of succession. A key signs from its activation until a later one is
 * active. It stays published until the last token it signed has expired, plus clock skew.
 */
import { clockSkewMs } from '../clock.ts';
import type { SigningAlgorithm } from '../definitions/oauth.ts';

/**
 * `next`: published, does not sign yet. `previous`: published, no longer signs. `retired`: no longer in the
 * JWKS.
 */
export type SigningKeyState = 'next' | 'current' | 'previous' | 'retired';

/** The public part (RFC 7517): `kid`, `alg`, `use: sig` and the members of its key type. */
export type PublicJwk = {
  kty: string;
  use: 'sig';
  alg: SigningAlgorithm;
  kid: string;
  [member: string]: string;
};

/** A signing key as it is stored. Times are milliseconds since the epoch. */
export type SigningKeyRecord = {
  /** RFC 7638 thumbprint. */
  kid: string;
  algorithm: SigningAlgorithm;
  publicJwk: PublicJwk;
  /** Sealed PKCS #8. Absent once it is no longer needed. */
  sealed?: string;
  /** From this time on, every node's JWKS is certain to contain it. */
  publishedAt: number;
  activatesAt: number;
  /**
   * When it should start signing. Present only until some process has seen it in the store
   * (confirmPublished).
   */
  plannedAt?: number;
  /** The longest lifetime of any token it may have signed. Never shrinks. */
  tokenLifetimeMs: number;
  /** Why it was created. */
  reason: string;
  /** Its activation has been audited. */
  activated?: boolean;
  retiredAt?: number;
  revokedAt?: number;
};

/** `algorithm` is used for new keys. It comes from the configuration of the process that started last. */
export type Keyset = { algorithm: SigningAlgorithm; keys: SigningKeyRecord[] };

/** The state and times of a key at a given time. */
export type SigningKeyTimes = {
  record: SigningKeyRecord;
  state: SigningKeyState;
  /** When its successor takes over. Absent while no successor is known. */
  signsUntil?: number;
  /** When it leaves the JWKS. Absent while `signsUntil` is. */
  publishedUntil?: number;
};

/**
 * The state and times of each key at `now`, in order of succession. At most one is `current`, and none only
 * if no key can sign. `canSign` limits that to the private keys that this process can open.
 */
export function timeline(
  { keys }: Keyset,
  now: number,
  canSign: (record: SigningKeyRecord) => boolean = hasPrivatePart,
): SigningKeyTimes[] {
  const windows = signingWindows(keys);
  const current = chooseCurrent(windows, now, canSign);
  return windows.map((window) => ({
    ...window,
    state: stateInWindow(window, window === current, now),
  }));
}

/** The next time after `now` at which any key changes state. Undefined if none is known. */
export function nextChangeAt(times: readonly SigningKeyTimes[], now: number): number | undefined {
  const instants = times
    .filter(({ state }) => state !== 'retired')
    .flatMap(({ record, publishedUntil }) => [record.activatesAt, publishedUntil ?? now])
    .filter((instant) => instant > now);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

/** Whether it can be published: neither revoked nor retired. */
export function isLive(record: SigningKeyRecord): boolean {
  return record.revokedAt === undefined && record.retiredAt === undefined;
}

function hasPrivatePart(record: SigningKeyRecord): boolean {
  return record.sealed !== undefined;
}

type SigningWindow = Omit<SigningKeyTimes, 'state'>;

/** A key's window ends with the earliest activation among its successors, including those revoked after it. */
function signingWindows(keys: readonly SigningKeyRecord[]): SigningWindow[] {
  const windows: SigningWindow[] = [];
  let end: number | undefined;
  for (const record of keys.toReversed()) {
    windows.unshift(end === undefined ? { record } : windowUntil(record, end));
    const signed = record.revokedAt === undefined || record.activatesAt <= record.revokedAt;
    if (signed) end = Math.min(record.activatesAt, end ?? record.activatesAt);
  }
  return windows;
}

function windowUntil(record: SigningKeyRecord, signsUntil: number): SigningWindow {
  return { record, signsUntil, publishedUntil: signsUntil + record.tokenLifetimeMs + clockSkewMs };
}

/**
 * The key whose signing window includes `now`. If there is none (this clock is behind a revocation, or this
 * process cannot open the right key), the key whose window comes first; failing that, one whose window is
 * over.
 */
function chooseCurrent(
  windows: readonly SigningWindow[],
  now: number,
  canSign: (record: SigningKeyRecord) => boolean,
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

function stateInWindow(
  { record, signsUntil = Infinity, publishedUntil = Infinity }: SigningWindow,
  isCurrent: boolean,
  now: number,
): SigningKeyState {
  if (isCurrent) return 'current';
  if (!isLive(record) || publishedUntil <= now) return 'retired';
  return signsUntil <= now ? 'previous' : 'next';
}
