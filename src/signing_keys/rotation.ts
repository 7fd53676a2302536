/**
 * Rotation: the changes that take a new key or an operator's word. Owns when a key pair is generated and
 * how concurrent wishes become one rotation. It sets no timers; the keyring calls it.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { Secrets } from '../secrets/room.ts';
import { generateSealedKey } from './key_pairs.ts';
import { type Algorithm, type KeyRecord, type Keyset, timeline } from './keyset.ts';
import {
  type Appending,
  advanceNext,
  appendCurrent,
  appendNext,
  confirmPublished,
  type NewKey,
  nextKeyDue,
  pendingKey,
  revokeKey,
} from './keyset_changes.ts';
import type { KeysetDocument } from './keyset_document.ts';
import type { Timing } from './rotation_times.ts';

export type RotationResult = {
  /** False: a rotation was under way already, and this call did not hasten it. */
  rotated: boolean;
  /** The kid that signs now. */
  current: string;
  /** What will sign next; milliseconds since the epoch. */
  next?: { kid: string; activatesAt: number };
};

export type RevocationResult = {
  /** False: it was revoked before. */
  revoked: boolean;
  /** The kid that signs now. */
  current: string;
};

export type Rotation = {
  /** Makes the very first key, which signs at once. Nothing to do when there is one. */
  ensureFirstKey(): Promise<void>;
  /** Makes the next key where there is none. */
  prepareNext(): Promise<void>;
  rotate(reason: string): Promise<RotationResult>;
  revoke(kid: string, reason: string): Promise<RevocationResult>;
};

type Wish = Pick<Appending, 'plannedAt' | 'reason'>;

export function createRotation({
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
  timing: Timing;
  canSign: (record: KeyRecord) => boolean;
  longestTokenLifetimeMs: () => number;
}): Rotation {
  /** Generated for a rotation that another process then won: it serves the next one. */
  let spare: NewKey | undefined;

  async function newKey(algorithm: Algorithm): Promise<NewKey> {
    if (spare?.algorithm === algorithm) return spare;
    const generated = await generateSealedKey(algorithm, secrets);
    spare = generated;
    return generated;
  }

  function facts(reason: string) {
    return { now: clock.now(), tokenLifetimeMs: longestTokenLifetimeMs(), reason };
  }

  /** Publishes a next key if `wish` asks for one when it comes to it; says whether it did. */
  async function publishNext(
    wish: (keyset: Keyset, now: number) => Wish | undefined,
  ): Promise<boolean> {
    const change = await document.change(async (keyset) => {
      const wanted = wish(keyset, clock.now());
      if (!wanted) return undefined;
      const key = await newKey(keyset.algorithm);
      return appendNext(keyset, key, timing, { ...facts(wanted.reason), ...wanted });
    });
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

    async rotate(reason) {
      let before = currentKid(document.known().value, clock.now());
      // Whoever finds another key signing than at the call has been overtaken by a rotation.
      const overtaken = (keyset: Keyset, now: number) => {
        before ??= currentKid(keyset, now);
        return currentKid(keyset, now) !== before;
      };
      const published = await publishNext((keyset, now) => {
        if (overtaken(keyset, now) || pendingKey(keyset, now)) return undefined;
        return { plannedAt: now, reason };
      });
      const advanced = await document.change((keyset) => {
        const now = clock.now();
        if (published || overtaken(keyset, now)) return undefined;
        return advanceNext(keyset, timing, { now, reason });
      });
      const now = clock.now();
      const next = pendingKey(document.known().value, now);
      return {
        rotated: published || advanced !== undefined,
        current: currentKid(document.known().value, now) ?? '',
        ...(next && { next: { kid: next.kid, activatesAt: next.activatesAt } }),
      };
    },

    async revoke(kid, reason) {
      const change = await document.change(async (keyset) => {
        const record = keyset.keys.find((key) => key.kid === kid);
        if (!record) throw unknownKey();
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
      });
      if (change?.keyset.keys.some((key) => key.kid === spare?.kid)) spare = undefined;
      const current = currentKid(document.known().value, clock.now()) ?? '';
      return { revoked: change !== undefined, current };
    },
  };
}

function currentKid(keyset: Keyset, now: number): string | undefined {
  return timeline(keyset, now).find(({ state }) => state === 'current')?.record.kid;
}

/** The published key of the wanted algorithm that can take over at once: the one that verifiers have had longest. */
function successorOf(
  keyset: Keyset,
  now: number,
  canSign: (record: KeyRecord) => boolean,
): string | undefined {
  const successor = timeline(keyset, now).find(
    ({ state, record }) =>
      state === 'next' && record.algorithm === keyset.algorithm && canSign(record),
  );
  return successor?.record.kid;
}

function unknownKey(): CardeaError {
  return new CardeaError({
    code: 'not_found',
    status: 404,
    message: 'There is no signing key with this kid (cardea keys list).',
  });
}
