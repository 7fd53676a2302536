/**
 * The keyring: the signing keys as this process uses them, in step with all other processes. It owns
 * when the shared keyset is looked at. What a keyset means is in keyset.ts, what can happen to it in
 * changes.ts and rotation.ts; who signs with the keys, and who serves the JWKS, is elsewhere.
 *
 * Every process polls the keyset. Whichever is first makes the next key, as soon as there is none; the others
 * lose the compare-and-set and take that one. Activation needs no message: it follows from the clock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { Secrets } from '../secrets/room.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { reseal } from './key_pairs.ts';
import { type KeyState, type Keyset, type KeyTimes, timeline } from './keyset.ts';
import { type Change, confirmPublished, type KeyEvent, maintain } from './keyset_changes.ts';
import { createKeysetDocument } from './keyset_document.ts';
import { createLiveSnapshot } from './live_snapshot.ts';
import { createRotation, type RevocationResult, type RotationResult } from './rotation.ts';
import { type KeyPolicy, timingOf } from './rotation_times.ts';
import { createKeyMaterial, type KeyLog, type KeySnapshot } from './snapshot.ts';

export type { KeyEvent } from './keyset_changes.ts';

/** A key as operators see it. Times are milliseconds since the epoch. */
export type KeyDescription = {
  kid: string;
  algorithm: string;
  state: KeyState;
  publishedAt: number;
  activatesAt: number;
  signsUntil?: number;
  publishedUntil?: number;
  revokedAt?: number;
  /** Why it was made. */
  reason: string;
};

export type Keyring = {
  /**
   * Makes the first key where there is none, seals under the first secret what an older one sealed, and
   * follows the keyset from then on. Throws CardeaError `signing_keys_sealed` when no secret opens the
   * keys, StoreUnavailableError when the store is lost.
   */
  start(): Promise<void>;
  /** Reads the keyset as it is now, and does what is due. Rejects when the store is lost; the snapshot stays usable. */
  refresh(): Promise<void>;
  /** At the instant of the call, from memory. Throws CardeaError `no_signing_key` before `start`. */
  snapshot(): KeySnapshot;
  /**
   * The same, first read from the store where this process was too busy to poll: a JWKS made of it has
   * every key that may sign by now. Waits one poll interval at most, and never rejects for the store.
   */
  freshSnapshot(): Promise<KeySnapshot>;
  /** Called with each new snapshot, also when a key changes its state by time alone. Returns how to stop. */
  onChange(listener: (snapshot: KeySnapshot) => void): () => void;
  /** A next key becomes current as soon as it has been published long enough. Calls at once make one rotation. */
  rotate(options?: { reason?: string }): Promise<RotationResult>;
  /** Emergency: unpublished at once, and another key signs at once. Throws CardeaError `not_found`. Idempotent. */
  revoke(kid: string, options?: { reason?: string }): Promise<RevocationResult>;
  /** All known keys, the retired and revoked of late included, in the order of succession. */
  list(): Promise<KeyDescription[]>;
  /** Stops following; resolves when its polling uses the store no more. */
  close(): Promise<void>;
};

/** `rotate`, `revoke` and `list` work without `start`: an operator's command needs no timers. */
export function createKeyring({
  name = 'signing_keys',
  documents,
  secrets,
  clock,
  log,
  policy,
  longestTokenLifetimeMs,
  onEvent = () => {},
}: {
  /** Names the keyset; keyrings of one name share it. */
  name?: string;
  documents: DocumentStore;
  secrets: Secrets;
  clock: Clock;
  log: KeyLog;
  policy: KeyPolicy;
  /** Of any token that is issued now; milliseconds. A key stays published that long after its last signature. */
  longestTokenLifetimeMs: () => number;
  /** Told once by whichever process made the change, after it is durable. */
  onEvent?: ((event: KeyEvent) => void | Promise<void>) | undefined;
}): Keyring {
  const timing = timingOf(policy);
  /** Errors before it has started: a start that fails is told by its one error. */
  let early: Parameters<KeyLog['error']>[] | undefined = [];
  const startingLog: KeyLog = {
    ...log,
    error: (...line) => void (early ? early.push(line) : log.error(...line)),
  };
  const material = createKeyMaterial({ secrets, log: startingLog });
  const { jwksMaxAgeSeconds } = timing;
  const live = createLiveSnapshot({ material, clock, log: startingLog, jwksMaxAgeSeconds });
  const document = createKeysetDocument({
    name,
    documents,
    clock,
    log,
    algorithm: policy.algorithm,
    onEvent,
    onAdopted: live.adopt,
  });
  const rotation = createRotation({
    document,
    secrets,
    clock,
    timing,
    canSign: material.canSign,
    longestTokenLifetimeMs,
  });
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let storeLost = false;
  let polling: Promise<void> = Promise.resolve();
  let preparing: Promise<void> | undefined;

  function due(keyset: Keyset): Change | undefined {
    return (
      confirmPublished(keyset, clock.now(), timing) ??
      maintain(keyset, clock.now(), longestTokenLifetimeMs())
    );
  }

  async function look(): Promise<void> {
    await document.read();
    const change = due(document.known().value);
    // Losing means that another process did it, or will be seen to have changed something at the next look.
    if (change) await document.write(change);
  }

  /** Beside the polling, never in its way: generating a key can take longer than a poll may. */
  function prepare(): Promise<void> {
    preparing ??= rotation.prepareNext().finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  async function poll(): Promise<void> {
    try {
      await look();
      if (storeLost) log.info({}, 'signing keys are in step with the store again');
      storeLost = false;
      prepare().catch(report);
    } catch (error) {
      report(error);
    }
    if (!closed) timer = setTimeout(startPoll, timing.pollEveryMs).unref();
  }

  function startPoll(): void {
    polling = poll();
  }

  /** Once for each outage. Meanwhile the timeline as it is known goes on. */
  function report(error: unknown): void {
    if (!storeLost) log.warn({ err: error }, 'signing keys cannot be brought up to date');
    storeLost = true;
  }

  return {
    async start() {
      await rotation.ensureFirstKey();
      const { algorithm } = policy;
      await document.change((keyset) =>
        keyset.algorithm === algorithm
          ? undefined
          : { keyset: { ...keyset, algorithm }, events: [] },
      );
      // Only at a start, so that nodes with the secrets in the old order do not undo it in turn.
      await document.change((keyset) => reseal(keyset, secrets));
      const current = timeline(document.known().value, clock.now()).find(isCurrent)?.record;
      if (!current || !material.canSign(current)) throw sealedKeys();
      for (const line of early ?? []) log.error(...line);
      early = undefined;
      startPoll();
    },

    async refresh() {
      // With a read of its own: one that is under way may have begun before what the caller has heard of.
      await document.change(due);
      await prepare();
    },

    snapshot: live.snapshot,

    async freshSnapshot() {
      if (clock.now() - document.readAt() > timing.propagationMs) {
        const waited = new AbortController();
        const limit = sleep(timing.pollEveryMs, undefined, { signal: waited.signal });
        await Promise.race([document.read(), limit]).catch(report);
        waited.abort();
        limit.catch(() => {});
      }
      return live.snapshot();
    },

    onChange: live.onChange,
    rotate: ({ reason = 'operator' } = {}) => rotation.rotate(reason),
    revoke: (kid, { reason = 'operator' } = {}) => rotation.revoke(kid, reason),

    async list() {
      await document.read();
      const times = timeline(document.known().value, clock.now());
      return times.map(({ record, ...facts }) => {
        const { kid, algorithm, publishedAt, activatesAt, revokedAt, reason } = record;
        const described = { kid, algorithm, publishedAt, activatesAt, reason, ...facts };
        return revokedAt === undefined ? described : { ...described, revokedAt };
      });
    },

    async close() {
      closed = true;
      clearTimeout(timer);
      live.close();
      await polling;
      await preparing?.catch(report);
    },
  };
}

function isCurrent({ state }: KeyTimes): boolean {
  return state === 'current';
}

/** What to do where CARDEA_SECRET does not open the signing keys. */
export const sealedKeysRemedy =
  'Add the secret that they were sealed with to its list (new,old); if it is lost, revoke the current key (cardea keys revoke), which makes a new one.';

function sealedKeys(): CardeaError {
  return new CardeaError({
    code: 'signing_keys_sealed',
    status: 500,
    message: `CARDEA_SECRET does not open the signing keys in this database. ${sealedKeysRemedy}`,
  });
}
