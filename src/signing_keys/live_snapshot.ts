/**
 * The snapshot as time passes: recomputed when the keyset changes and at the instants that it names
 * itself, and told to whoever listens. Owns no store access.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { type Keyset, nextChangeAt, timeline } from './keyset.ts';
import type { KeyLog, KeyMaterial, KeySnapshot } from './snapshot.ts';

export type LiveSnapshot = {
  /** The keyset to compute from, from now on. */
  adopt(keyset: Keyset): void;
  /** Exact at the instant of the call. Throws CardeaError `no_signing_key` where no key can sign. */
  snapshot(): KeySnapshot;
  onChange(listener: (snapshot: KeySnapshot) => void): () => void;
  /** Tells nobody any more. */
  close(): void;
};

/** The greatest delay that setTimeout knows. Milliseconds. */
const longestTimeout = 2 ** 31 - 1;

export function createLiveSnapshot({
  material,
  clock,
  log,
  jwksMaxAgeSeconds,
}: {
  material: KeyMaterial;
  clock: Clock;
  log: KeyLog;
  jwksMaxAgeSeconds: number;
}): LiveSnapshot {
  const listeners = new Set<(snapshot: KeySnapshot) => void>();
  let keyset: Keyset | undefined;
  let snapshot: KeySnapshot | undefined;
  let computedAt = 0;
  let changesAt = Infinity;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function compute(from: Keyset): void {
    const now = clock.now();
    const times = timeline(from, now, material.canSign);
    computedAt = now;
    changesAt = nextChangeAt(times, now) ?? Infinity;
    wakeAt(changesAt, now);
    const computed = material.snapshot(times, jwksMaxAgeSeconds);
    if (!computed) log.error({ keys: from.keys.length }, 'no signing key can be used');
    if (computed?.version === snapshot?.version) return;
    snapshot = computed;
    if (computed) for (const listener of listeners) tell(listener, computed);
  }

  function wakeAt(instant: number, now: number): void {
    clearTimeout(timer);
    if (closed || instant === Infinity) return;
    timer = setTimeout(recompute, Math.min(instant - now, longestTimeout)).unref();
  }

  function recompute(): void {
    if (keyset && !closed) compute(keyset);
  }

  function tell(listener: (snapshot: KeySnapshot) => void, told: KeySnapshot): void {
    try {
      listener(told);
    } catch (error) {
      log.error({ err: error }, 'a listener to the signing keys failed');
    }
  }

  return {
    adopt(changed) {
      keyset = changed;
      compute(changed);
    },

    snapshot() {
      const now = clock.now();
      if (keyset && (now >= changesAt || now < computedAt)) compute(keyset);
      if (!snapshot) throw noSigningKey();
      return snapshot;
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    close() {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
    },
  };
}

function noSigningKey(): CardeaError {
  return new CardeaError({
    code: 'no_signing_key',
    status: 503,
    message: 'There is no signing key that can be used at the moment.',
    retryAfter: 2,
  });
}
