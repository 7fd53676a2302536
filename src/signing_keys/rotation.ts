/**
 * Rotation: the changes that need a new key pair or an operator's command. Owns when a key pair is generated
 * and how concurrent requests become one rotation. Sets no timers; the keyring calls it.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { SigningAlgorithm } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { Secrets } from '../secrets/room.ts';
import { generateSealedKey } from './key_pairs.ts';
import { type Keyset, type SigningKeyRecord, timeline } from './keyset.ts';
import {
  type Appending,
  advanceNext,
  appendCurrent,
  appendNext,
  confirmPublished,
  type NewSigningKey,
  nextKeyDue,
  pendingKey,
  revokeKey,
} from './keyset_changes.ts';
import type { KeysetDocument } from './keyset_document.ts';
import type { RotationTimes } from './rotation_policy.ts';

export type RotationResult = {
  /** False if a rotation was already under way and this call did not speed it up. */
  rotated: boolean;
  /** The kid that signs now. */
  current: string;
  /** The key that signs next. `activatesAt` is in milliseconds since the epoch. */
  next?: { kid: string; activatesAt: number };
};

export type RevocationResult = {
  /** False if it was already revoked. */
  revoked: boolean;
  /** The kid that signs now. */
  current: string;
};

export type SigningKeyRotation = {
  /** Creates the very first key, which signs at once. Does nothing if there is one. */
  ensureFirstKey(): Promise<void>;
  /** Creates the next key if there is none. */
  prepareNext(): Promise<void>;
  rotate(reason: string, by?: AuditContext): Promise<RotationResult>;
  revoke(kid: string, reason: string, by?: AuditContext): Promise<RevocationResult>;
};

type RotationPlan = Pick<Appending, 'plannedAt' | 'reason'>;

export function createSigningKeyRotation({
  document,
  secrets,
  clock,
  timing,
  canSign,
  longestTokenLifetimeMs,
}: {
  document: KeysetDocument;
  secrets: Secrets;
  clock: Clock;
  timing: RotationTimes;
  canSign: (record: SigningKeyRecord) => boolean;
  longestTokenLifetimeMs: () => number;
}): SigningKeyRotation {
  /** Generated for a rotation that another process won. The next rotation uses it. */
  let spare: NewSigningKey | undefined;

  async function newKey(algorithm: SigningAlgorithm): Promise<NewSigningKey> {
    if (spare?.algorithm === algorithm) return spare;
    const generated = await generateSealedKey(algorithm, secrets);
    spare = generated;
    return generated;
  }

  function facts(reason: string) {
    return { now: clock.now(), tokenLifetimeMs: longestTokenLifetimeMs(), reason };
  }

  /** Publishes a next key if `plan` still asks for one. Returns whether it did. */
  async function publishNext(
    plan: (keyset: Keyset, now: number) => RotationPlan | undefined,
    by?: AuditContext,
  ): Promise<boolean> {
    const change = await document.change(async (keyset) => {
      const wanted = plan(keyset, clock.now());
      if (!wanted) return undefined;
      const key = await newKey(keyset.algorithm);
      return appendNext(keyset, key, timing, { ...facts(wanted.reason), ...wanted });
    }, by);
    if (!change) return false;
    spare = undefined;
    await document.change((keyset) => confirmPublished(keyset, clock.now(), timing));
    return true;
  }

  return {
    async ensureFirstKey() {
      const change = await document.change(async (keyset) => {
        if (currentKid(keyset, clock.now()) !== undefined) return undefined;
        return appendCurrent(keyset, await newKey(keyset.algorithm), facts('initial'));
      });
      if (change) spare = undefined;
    },

    async prepareNext() {
      const due = (keyset: Keyset, now: number) => nextKeyDue(keyset, now, timing);
      if (due(document.known().value, clock.now())) await publishNext(due);
    },

    async rotate(reason, by) {
      let before = currentKid(document.known().value, clock.now());
      // If another key signs than at the time of the call, another rotation was faster.
      const overtaken = (keyset: Keyset, now: number) => {
        before ??= currentKid(keyset, now);
        return currentKid(keyset, now) !== before;
      };
      const published = await publishNext((keyset, now) => {
        if (overtaken(keyset, now) || pendingKey(keyset, now)) return undefined;
        return { plannedAt: now, reason };
      }, by);
      const advanced = await document.change((keyset) => {
        const now = clock.now();
        if (published || overtaken(keyset, now)) return undefined;
        return advanceNext(keyset, timing, { now, reason });
      }, by);
      const now = clock.now();
      const next = pendingKey(document.known().value, now);
      return {
        rotated: published || advanced !== undefined,
        current: currentKid(document.known().value, now) ?? '',
        ...(next && { next: { kid: next.kid, activatesAt: next.activatesAt } }),
      };
    },

    async revoke(kid, reason, by) {
      const change = await document.change(async (keyset) => {
        const record = keyset.keys.find((key) => key.kid === kid);
        if (!record) throw noSuchSigningKey();
        if (record.revokedAt !== undefined) return undefined;
        if (currentKid(keyset, clock.now()) !== kid) {
          return revokeKey(keyset, kid, { now: clock.now(), reason, successor: undefined });
        }
        const successor = successorOf(keyset, clock.now(), canSign);
        const fresh = successor ? undefined : await newKey(keyset.algorithm);
        const revoked = revokeKey(keyset, kid, { now: clock.now(), reason, successor });
        if (!fresh) return revoked;
        const appended = appendCurrent(revoked.keyset, fresh, facts('revocation'));
        return { keyset: appended.keyset, events: [...revoked.events, ...appended.events] };
      }, by);
      if (change?.keyset.keys.some((key) => key.kid === spare?.kid)) spare = undefined;
      const current = currentKid(document.known().value, clock.now()) ?? '';
      return { revoked: change !== undefined, current };
    },
  };
}

function currentKid(keyset: Keyset, now: number): string | undefined {
  return timeline(keyset, now).find(({ state }) => state === 'current')?.record.kid;
}

/**
 * The next key of the configured algorithm that can take over at once: the one that verifiers have had
 * longest.
 */
function successorOf(
  keyset: Keyset,
  now: number,
  canSign: (record: SigningKeyRecord) => boolean,
): string | undefined {
  const successor = timeline(keyset, now).find(
    ({ state, record }) =>
      state === 'next' && record.algorithm === keyset.algorithm && canSign(record),
  );
  return successor?.record.kid;
}

function noSuchSigningKey(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'No signing key has this kid. See `cardea keys list`.',
  });
}
