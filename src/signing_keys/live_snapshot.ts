/**
 * The snapshot as time passes: recomputed when the keyset changes and whenever a key changes state, with
 * listeners notified. Does not access the store.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { KeyringLog, KeyringSnapshot, SigningKeyMaterial } from './keyring_snapshot.ts';
import { type Keyset, nextChangeAt, timeline } from './keyset.ts';

export type LiveSnapshot = {
  /** Computes from this keyset from now on. */
  adopt(keyset: Keyset): void;
  /** The keys at the time of the call. Throws CardeaError `no_signing_key` if no key can sign. */
  snapshot(): KeyringSnapshot;
  onChange(listener: (snapshot: KeyringSnapshot) => void): () => void;
  /** Notifies nobody from now on. */
  close(): void;
};

/** The longest delay that setTimeout supports, in milliseconds. */
const longestTimeout = 2 ** 31 - 1;

export function createLiveSnapshot({
  material,
  clock,
  log,
  jwksMaxAgeSeconds,
}: {
  material: SigningKeyMaterial;
  clock: Clock;
  log: KeyringLog;
  jwksMaxAgeSeconds: number;
}): LiveSnapshot {
  const listeners = new Set<(snapshot: KeyringSnapshot) => void>();
  let keyset: Keyset | undefined;
  let snapshot: KeyringSnapshot | undefined;
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
    if (!computed) log.error({ keys: from.keys.length }, 'no signing key is usable');
    if (computed?.version === snapshot?.version) return;
    snapshot = computed;
    if (computed) for (const listener of listeners) notify(listener, computed);
  }

  function wakeAt(instant: number, now: number): void {
    clearTimeout(timer);
    if (closed || instant === Infinity) return;
    timer = setTimeout(recompute, Math.min(instant - now, longestTimeout)).unref();
  }

  function recompute(): void {
    if (keyset && !closed) compute(keyset);
  }

  function notify(listener: (snapshot: KeyringSnapshot) => void, changed: KeyringSnapshot): void {
    try {
      listener(changed);
    } catch (error) {
      log.error({ err: error }, 'a listener for signing key changes failed');
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
    message: 'No signing key is available right now. Try again.',
    retryAfter: 2,
  });
}
