/**
 * The keyring: the signing keys as this process uses them, kept in step with all other processes. It owns
 * when the shared keyset is read. keyset.ts says what a keyset means, keyset_changes.ts and rotation.ts how
 * it changes. Who signs with the keys and who serves the JWKS is elsewhere.
 *
 * Every process polls the keyset. The first one to find no next key makes it; the others lose the
 * compare-and-set and adopt that key. Activation needs no message: it follows from the clock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { Secrets } from '../secrets/room.ts';
import type { DocumentStore } from '../storage/documents.ts';
import { reseal } from './key_pairs.ts';
import {
  createSigningKeyMaterial,
  type KeyringLog,
  type KeyringSnapshot,
} from './keyring_snapshot.ts';
import { type Keyset, type SigningKeyState, type SigningKeyTimes, timeline } from './keyset.ts';
import { confirmPublished, type KeysetChange, maintain } from './keyset_changes.ts';
import { createKeysetDocument, type RecordKeyEvents } from './keyset_document.ts';
import { createLiveSnapshot } from './live_snapshot.ts';
import {
  createSigningKeyRotation,
  type RevocationResult,
  type RotationResult,
} from './rotation.ts';
import { type RotationPolicy, rotationTimes } from './rotation_policy.ts';

/** A signing key as operators see it. Times are milliseconds since the epoch. */
export type SigningKeyDescription = {
  kid: string;
  algorithm: string;
  state: SigningKeyState;
  publishedAt: number;
  activatesAt: number;
  signsUntil?: number;
  publishedUntil?: number;
  revokedAt?: number;
  /** Why it was created. */
  reason: string;
};

/** Why, in a word or a sentence, and who says so; without `by` nobody does. */
export type SigningKeyOrder = { reason?: string | undefined; by?: AuditContext | undefined };

export type Keyring = {
  /**
   * Creates the first key if there is none, reseals with the first secret what an older one sealed, then
   * follows the keyset. Throws CardeaError `signing_keys_sealed` when no secret opens the keys,
   * StoreUnavailableError when the store is unreachable.
   */
  start(): Promise<void>;
  /** Reads the keyset and does what is due. Rejects when the store is unreachable; the snapshot stays usable. */
  refresh(): Promise<void>;
  /** The keys at the time of the call, from memory. Throws CardeaError `no_signing_key` before `start`. */
  snapshot(): KeyringSnapshot;
  /**
   * Like `snapshot`, but reads the store first if this process was too busy to poll: a JWKS made from it
   * contains every key that may sign by now. Waits at most one poll interval and never rejects because of the
   * store.
   */
  freshSnapshot(): Promise<KeyringSnapshot>;
  /**
   * Called with each new snapshot, including those where a key only changed state over time. Returns how to
   * unsubscribe.
   */
  onChange(listener: (snapshot: KeyringSnapshot) => void): () => void;
  /**
   * Makes the next key current as soon as it has been published long enough. Concurrent calls cause one
   * rotation.
   */
  rotate(options?: SigningKeyOrder): Promise<RotationResult>;
  /**
   * Emergency: removes the key from the JWKS at once and signs with another. Throws CardeaError `not_found`.
   * Idempotent.
   */
  revoke(kid: string, options?: SigningKeyOrder): Promise<RevocationResult>;
  /** All known keys in order of succession, including recently retired and revoked ones. */
  list(): Promise<SigningKeyDescription[]>;
  /** Stops following. Resolves when polling no longer uses the store. */
  close(): Promise<void>;
};

/** `rotate`, `revoke` and `list` also work without `start`, for commands that need no timers. */
export function createKeyring({
  name = 'signing_keys',
  documents,
  secrets,
  clock,
  log,
  policy,
  longestTokenLifetimeMs,
  record = (_events, _by, write) => write([]),
}: {
  /** Names the keyset. Keyrings of the same name share it. */
  name?: string;
  documents: DocumentStore;
  secrets: Secrets;
  clock: Clock;
  log: KeyringLog;
  policy: RotationPolicy;
  /**
   * The longest lifetime of any token issued now, in milliseconds. A key stays published that long after its
   * last signature.
   */
  longestTokenLifetimeMs: () => number;
  /** Default: nothing goes on record. Called by the process that makes the change, once for each attempt. */
  record?: RecordKeyEvents | undefined;
}): Keyring {
  const timing = rotationTimes(policy);
  /** Errors logged before the start succeeds. A failed start reports only the error it throws. */
  let startErrors: Parameters<KeyringLog['error']>[] | undefined = [];
  const startingLog: KeyringLog = {
    ...log,
    error: (...line) => void (startErrors ? startErrors.push(line) : log.error(...line)),
  };
  const material = createSigningKeyMaterial({ secrets, log: startingLog });
  const { jwksMaxAgeSeconds } = timing;
  const live = createLiveSnapshot({ material, clock, log: startingLog, jwksMaxAgeSeconds });
  const document = createKeysetDocument({
    name,
    documents,
    clock,
    log,
    algorithm: policy.algorithm,
    record,
    onAdopted: live.adopt,
  });
  const rotation = createSigningKeyRotation({
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

  function due(keyset: Keyset): KeysetChange | undefined {
    return (
      confirmPublished(keyset, clock.now(), timing) ??
      maintain(keyset, clock.now(), longestTokenLifetimeMs())
    );
  }

  async function look(): Promise<void> {
    await document.read();
    const change = due(document.known().value);
    // If the write loses, another process was faster; the next poll sees its change.
    if (change) await document.write(change);
  }

  /** Runs beside the polling, because generating a key can take longer than a poll may. */
  function prepare(): Promise<void> {
    preparing ??= rotation.prepareNext().finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  async function poll(): Promise<void> {
    try {
      await look();
      if (storeLost) log.info({}, 'signing keys are up to date with the store again');
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

  /** Logs once per outage. The known keyset stays in use meanwhile. */
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
      // Only at a start, so that nodes that still have the old order of secrets do not undo it.
      await document.change((keyset) => reseal(keyset, secrets));
      const current = timeline(document.known().value, clock.now()).find(isCurrent)?.record;
      if (!current || !material.canSign(current)) throw sealedKeys();
      for (const line of startErrors ?? []) log.error(...line);
      startErrors = undefined;
      startPoll();
    },

    async refresh() {
      // With a read of its own: one already under way may have begun before the change that the caller heard
      // of.
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
    rotate: ({ reason = 'operator', by } = {}) => rotation.rotate(reason, by),
    revoke: (kid, { reason = 'operator', by } = {}) => rotation.revoke(kid, reason, by),

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

function isCurrent({ state }: SigningKeyTimes): boolean {
  return state === 'current';
}

/** What to do when CARDEA_SECRET does not open the signing keys. */
export const sealedKeysRemedy =
  'Add the secret that sealed them to the list (new,old). If that secret is lost, revoke the current key (cardea keys revoke); this creates a new one.';

function sealedKeys(): CardeaError {
  return new CardeaError({
    code: 'signing_keys_sealed',
    status: 500,
    message: `CARDEA_SECRET does not open the signing keys in this database. ${sealedKeysRemedy}`,
  });
}
