/**
 * Every change to the keyset, as a pure function from one document to the next. Writing the result, and what
 * happens when another process was faster, is up to the keyring.
 */
import { clockSkewMs } from '../clock.ts';
import { isLive, type Keyset, type SigningKeyRecord, timeline } from './keyset.ts';
import type { RotationTimes } from './rotation_policy.ts';

export type SigningKeyEvent = {
  type: `signing_key.${'created' | 'advanced' | 'activated' | 'retired' | 'revoked' | 'resealed'}`;
  kid: string;
  reason: string;
};

export type KeysetChange = { keyset: Keyset; events: SigningKeyEvent[] };

/** A key that was generated and sealed but is not in any document yet. */
export type NewSigningKey = Pick<SigningKeyRecord, 'kid' | 'algorithm' | 'publicJwk'> & {
  sealed: string;
};

export type Appending = {
  now: number;
  /** When it should start signing. Its publication may delay that. */
  plannedAt: number;
  tokenLifetimeMs: number;
  reason: string;
};

/** How long a write to the store can take before it has failed, in milliseconds. */
const longestWriteMs = 30_000;
/** How many removed keys are remembered, without their private parts. */
const mostRemovedKeys = 10;

/** The key that will succeed the current one, if there is one with the configured algorithm. */
export function pendingKey(keyset: Keyset, now: number): SigningKeyRecord | undefined {
  const last = timeline(keyset, now).findLast(({ record }) => isLive(record));
  const wanted = last?.state === 'next' && last.record.algorithm === keyset.algorithm;
  return wanted ? last.record : undefined;
}

/**
 * Why a next key has to be created now, and for when. Undefined if there is one already, or no key that it
 * could follow. The next key is created as soon as its predecessor signs: if that one is revoked, verifiers
 * have long had the key that signs next.
 */
export function nextKeyDue(
  keyset: Keyset,
  now: number,
  timing: RotationTimes,
): Pick<Appending, 'reason' | 'plannedAt'> | undefined {
  const current = timeline(keyset, now).find(({ state }) => state === 'current')?.record;
  if (!current || pendingKey(keyset, now)) return undefined;
  if (keyset.keys.findLast(isLive)?.algorithm !== keyset.algorithm) {
    return { reason: 'algorithm_changed', plannedAt: now };
  }
  return { reason: 'scheduled', plannedAt: current.activatesAt + timing.rotateEveryMs };
}

/**
 * Adds a next key. Its publication is certain only once the write has been acknowledged, so its times allow
 * for a slow write; `confirmPublished` then brings them forward. A next key that it replaces (one with a
 * former algorithm) stays published but is postponed, so that it never signs. Exception: a key that may start
 * signing before this write arrives.
 */
export function appendNext(
  keyset: Keyset,
  key: NewSigningKey,
  timing: RotationTimes,
  { now, plannedAt, tokenLifetimeMs, reason }: Appending,
): KeysetChange {
  const publishedAt = now + longestWriteMs;
  const activatesAt = Math.max(plannedAt, publishedAt + timing.publishAheadMs);
  const keys = keyset.keys.map((record) => {
    if (!isLive(record) || record.activatesAt <= publishedAt) return record;
    const { plannedAt: _, ...replaced } = record;
    return { ...replaced, activatesAt: Math.max(record.activatesAt, activatesAt) };
  });
  keys.push({ ...key, publishedAt, activatesAt, plannedAt, tokenLifetimeMs, reason });
  const events: SigningKeyEvent[] = [{ type: 'signing_key.created', kid: key.kid, reason }];
  return { keyset: { ...keyset, keys }, events };
}

/** Adds a key that signs at once: the first of all, or the replacement after an emergency. */
export function appendCurrent(
  keyset: Keyset,
  key: NewSigningKey,
  { now, tokenLifetimeMs, reason }: Omit<Appending, 'plannedAt'>,
): KeysetChange {
  const record = { ...key, publishedAt: now, activatesAt: now, tokenLifetimeMs, reason };
  const events: SigningKeyEvent[] = [{ type: 'signing_key.created', kid: key.kid, reason }];
  return { keyset: { ...keyset, keys: [...keyset.keys, record] }, events };
}

/**
 * Called once an appended key has been read back from the store: it is published from `now` and activates as
 * planned. Its creator does this at once; any other process can. Undefined if there is nothing to confirm.
 */
export function confirmPublished(
  keyset: Keyset,
  now: number,
  timing: RotationTimes,
): KeysetChange | undefined {
  if (keyset.keys.every((record) => record.plannedAt === undefined)) return undefined;
  const keys = keyset.keys.map(({ plannedAt, ...record }) => {
    if (plannedAt === undefined || !isLive(record)) return record;
    const publishedAt = Math.min(record.publishedAt, now);
    const earliest = Math.max(plannedAt, publishedAt + timing.publishAheadMs);
    return { ...record, publishedAt, activatesAt: Math.min(record.activatesAt, earliest) };
  });
  return { keyset: { ...keyset, keys }, events: [] };
}

/**
 * Brings the pending key forward to the earliest time at which it has been published long enough and every
 * node knows of it. Undefined if there is none, or if it activates no later than that.
 */
export function advanceNext(
  keyset: Keyset,
  timing: RotationTimes,
  { now, reason }: Pick<Appending, 'now' | 'reason'>,
): KeysetChange | undefined {
  const record = pendingKey(keyset, now);
  if (!record) return undefined;
  const soonest = now + timing.propagationMs;
  const activatesAt = Math.max(record.publishedAt + timing.publishAheadMs, soonest);
  if (activatesAt >= record.activatesAt) return undefined;
  const advanced = { ...record, activatesAt, reason };
  // If its publication is still unconfirmed, confirming must not bring it further forward than this.
  if (record.plannedAt !== undefined) advanced.plannedAt = soonest;
  const events: SigningKeyEvent[] = [{ type: 'signing_key.advanced', kid: record.kid, reason }];
  return { keyset: withRecord(keyset, advanced), events };
}

/**
 * Removes a key from the JWKS for good and drops its private part. If it was current, `successor` (the kid of
 * a next key) signs from `now`; without one, the caller appends a key that does.
 */
export function revokeKey(
  keyset: Keyset,
  kid: string,
  { now, reason, successor }: { now: number; reason: string; successor: string | undefined },
): KeysetChange {
  const keys = keyset.keys.map((record) => {
    if (record.kid === kid) return { ...withoutPrivatePart(record), revokedAt: now };
    if (record.kid === successor) return { ...record, activatesAt: now };
    return record;
  });
  return { keyset: { ...keyset, keys }, events: [{ type: 'signing_key.revoked', kid, reason }] };
}

/**
 * What the passing of time requires. An activation is audited, once, by whichever process writes it first.
 * The signing key learns of longer-lived tokens. A key that no longer signs loses its private part. A key
 * that nobody needs is retired, and the oldest retired keys are dropped. Undefined if there is nothing to do.
 */
export function maintain(
  keyset: Keyset,
  now: number,
  tokenLifetimeMs: number,
): KeysetChange | undefined {
  const events: SigningKeyEvent[] = [];
  const keys = timeline(keyset, now).map(({ record, state, signsUntil = Infinity }) => {
    let kept = record;
    if (state === 'current' || state === 'next') {
      if (record.tokenLifetimeMs < tokenLifetimeMs) kept = { ...kept, tokenLifetimeMs };
    } else if (
      record.sealed !== undefined &&
      (signsUntil + clockSkewMs <= now || !isLive(record))
    ) {
      kept = withoutPrivatePart(kept);
    }
    if (state === 'current' && record.activatesAt <= now && !record.activated) {
      kept = { ...kept, activated: true };
      events.push({ type: 'signing_key.activated', kid: record.kid, reason: record.reason });
    }
    if (state === 'retired' && isLive(record)) {
      kept = { ...withoutPrivatePart(kept), retiredAt: now };
      events.push({ type: 'signing_key.retired', kid: record.kid, reason: 'expired' });
    }
    return kept;
  });
  while (
    keys[0] &&
    !isLive(keys[0]) &&
    keys.filter((key) => !isLive(key)).length > mostRemovedKeys
  ) {
    keys.shift();
  }
  const changed =
    keys.length !== keyset.keys.length || keys.some((key, index) => key !== keyset.keys[index]);
  return changed ? { keyset: { ...keyset, keys }, events } : undefined;
}

function withRecord(keyset: Keyset, changed: SigningKeyRecord): Keyset {
  const keys = keyset.keys.map((record) => (record.kid === changed.kid ? changed : record));
  return { ...keyset, keys };
}

function withoutPrivatePart({ sealed: _, ...record }: SigningKeyRecord): SigningKeyRecord {
  return record;
}
