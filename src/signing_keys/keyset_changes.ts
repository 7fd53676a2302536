/**
 * Every change that the keyset can go through, as a pure function from one document to the next. Who
 * writes the result, and what happens when another was faster, is the keyring's concern.
 */
import { skewMs } from '../clock.ts';
import { isLive, type KeyRecord, type Keyset, timeline } from './keyset.ts';
import type { Timing } from './rotation_times.ts';

export type KeyEvent = {
  type: `signing_key.${'created' | 'activated' | 'retired' | 'revoked' | 'resealed'}`;
  kid: string;
  reason: string;
};

export type Change = { keyset: Keyset; events: KeyEvent[] };

/** A key that was generated and sealed, and is not in any document yet. */
export type NewKey = Pick<KeyRecord, 'kid' | 'algorithm' | 'publicJwk'> & { sealed: string };

export type Appending = {
  now: number;
  /** When it should begin to sign; it will not be earlier than its publication allows. */
  plannedAt: number;
  tokenLifetimeMs: number;
  reason: string;
};

/** A write to the store is answered within this time, or has failed. Milliseconds. */
const longestWriteMs = 30_000;
/** This many unpublished keys are remembered, without their private part. */
const remembered = 10;

/** The key that will succeed the current one, if there is one of the wanted algorithm. */
export function pendingKey(keyset: Keyset, now: number): KeyRecord | undefined {
  const last = timeline(keyset, now).findLast(({ record }) => isLive(record));
  const wanted = last?.state === 'next' && last.record.algorithm === keyset.algorithm;
  return wanted ? last.record : undefined;
}

/**
 * Why a next key has to be made now, and for when; undefined: there is one, or none that it could follow. It is
 * made as soon as its predecessor signs: should that be revoked, verifiers have long had the one that signs next.
 */
export function nextKeyDue(
  keyset: Keyset,
  now: number,
  timing: Timing,
): Pick<Appending, 'reason' | 'plannedAt'> | undefined {
  const current = timeline(keyset, now).find(({ state }) => state === 'current')?.record;
  if (!current || pendingKey(keyset, now)) return undefined;
  if (keyset.keys.findLast(isLive)?.algorithm !== keyset.algorithm) {
    return { reason: 'algorithm_changed', plannedAt: now };
  }
  return { reason: 'scheduled', plannedAt: current.activatesAt + timing.rotateEveryMs };
}

/**
 * Adds a next key. That it is published is certain only once the write has been answered, so its times
 * allow for a slow one; `confirmPublished` then brings them forward. A next key that it replaces (of an
 * algorithm that is wanted no more) stays published and is put off, so that it never signs; not when it
 * may begin to sign before this write has arrived.
 */
export function appendNext(
  keyset: Keyset,
  key: NewKey,
  timing: Timing,
  { now, plannedAt, tokenLifetimeMs, reason }: Appending,
): Change {
  const publishedAt = now + longestWriteMs;
  const activatesAt = Math.max(plannedAt, publishedAt + timing.publishAheadMs);
  const keys = keyset.keys.map((record) => {
    if (!isLive(record) || record.activatesAt <= publishedAt) return record;
    const { plannedAt: _, ...replaced } = record;
    return { ...replaced, activatesAt: Math.max(record.activatesAt, activatesAt) };
  });
  keys.push({ ...key, publishedAt, activatesAt, plannedAt, tokenLifetimeMs, reason });
  const events: KeyEvent[] = [{ type: 'signing_key.created', kid: key.kid, reason }];
  return { keyset: { ...keyset, keys }, events };
}

/** Adds a key that signs at once: the first of all, or the one after an emergency. */
export function appendCurrent(
  keyset: Keyset,
  key: NewKey,
  { now, tokenLifetimeMs, reason }: Omit<Appending, 'plannedAt'>,
): Change {
  const record = { ...key, publishedAt: now, activatesAt: now, tokenLifetimeMs, reason };
  const events: KeyEvent[] = [{ type: 'signing_key.created', kid: key.kid, reason }];
  return { keyset: { ...keyset, keys: [...keyset.keys, record] }, events };
}

/**
 * What was appended is in the store, as whoever read it there knows: published from `now`, active as
 * planned. Its maker does this at once, any other process in its stead. Undefined: nothing to confirm.
 */
export function confirmPublished(keyset: Keyset, now: number, timing: Timing): Change | undefined {
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
 * Brings the pending key forward to the earliest instant at which it has been published long enough and
 * every node has heard of it. Undefined: there is none, or it comes no later than that.
 */
export function advanceNext(
  keyset: Keyset,
  timing: Timing,
  { now, reason }: Pick<Appending, 'now' | 'reason'>,
): Change | undefined {
  const record = pendingKey(keyset, now);
  if (!record) return undefined;
  const soonest = now + timing.propagationMs;
  const activatesAt = Math.max(record.publishedAt + timing.publishAheadMs, soonest);
  if (activatesAt >= record.activatesAt) return undefined;
  const advanced = { ...record, activatesAt, reason };
  // Where its publication is still to be confirmed, that brings it no further forward than this.
  if (record.plannedAt !== undefined) advanced.plannedAt = soonest;
  return { keyset: withRecord(keyset, advanced), events: [] };
}

/**
 * Unpublishes a key for good and forgets its private part. When it was to sign now, `successor` (a next
 * key's kid) signs from `now`; without one the caller appends a key that does.
 */
export function revokeKey(
  keyset: Keyset,
  kid: string,
  { now, reason, successor }: { now: number; reason: string; successor: string | undefined },
): Change {
  const keys = keyset.keys.map((record) => {
    if (record.kid === kid) return { ...withoutPrivatePart(record), revokedAt: now };
    if (record.kid === successor) return { ...record, activatesAt: now };
    return record;
  });
  return { keyset: { ...keyset, keys }, events: [{ type: 'signing_key.revoked', kid, reason }] };
}

/**
 * What the passing of time asks for: an activation is recorded (once, by whoever writes it first), the
 * key that signs learns of longer-lived tokens, a key that signs no more loses its private part, one
 * that nobody needs is retired, and the oldest of those are forgotten. Undefined: nothing to do.
 */
export function maintain(keyset: Keyset, now: number, tokenLifetimeMs: number): Change | undefined {
  const events: KeyEvent[] = [];
  const keys = timeline(keyset, now).map(({ record, state, signsUntil = Infinity }) => {
    let kept = record;
    if (state === 'current' || state === 'next') {
      if (record.tokenLifetimeMs < tokenLifetimeMs) kept = { ...kept, tokenLifetimeMs };
    } else if (record.sealed !== undefined && (signsUntil + skewMs <= now || !isLive(record))) {
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
  while (keys[0] && !isLive(keys[0]) && keys.filter((key) => !isLive(key)).length > remembered) {
    keys.shift();
  }
  const changed =
    keys.length !== keyset.keys.length || keys.some((key, index) => key !== keyset.keys[index]);
  return changed ? { keyset: { ...keyset, keys }, events } : undefined;
}

function withRecord(keyset: Keyset, changed: KeyRecord): Keyset {
  const keys = keyset.keys.map((record) => (record.kid === changed.kid ? changed : record));
  return { ...keyset, keys };
}

function withoutPrivatePart({ sealed: _, ...record }: KeyRecord): KeyRecord {
  return record;
}
