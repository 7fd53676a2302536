/**
 * A life of a keyset in memory: what operators and processes do to it, in any order, with every state
 * that it ever had. The changes are the real ones; only the key pairs are not made.
 */
import type { SigningAlgorithm } from '../../src/definitions/oauth.ts';
import { type Keyset, type SigningKeyTimes, timeline } from '../../src/signing_keys/keyset.ts';
import {
  advanceNext,
  appendCurrent,
  appendNext,
  confirmPublished,
  type KeysetChange,
  maintain,
  type NewSigningKey,
  nextKeyDue,
  pendingKey,
  revokeKey,
} from '../../src/signing_keys/keyset_changes.ts';
import { type RotationPolicy, rotationTimes } from '../../src/signing_keys/rotation_policy.ts';

export type Step =
  | { do: 'wait'; share: number }
  | { do: 'poll'; writeMs: number; diesInBetween: boolean }
  | { do: 'rotate' }
  | { do: 'revoke'; index: number }
  | { do: 'choose'; algorithm: SigningAlgorithm };

type Signature = { kid: string; at: number; lifetimeMs: number };

/**
 * `emergencies` counts the revocations of keys that signed, or were to before every process could hear of it:
 * after one, promises made before are void.
 */
type Moment = { at: number; keyset: Keyset; emergencies: number };

export function createLife(policy: RotationPolicy, lifetimeMs: number) {
  const timing = rotationTimes(policy);
  const moments: Moment[] = [];
  const signatures: Signature[] = [];
  const revoked = new Set<string>();
  let now = 1_000_000;
  let made = 0;
  let emergencies = 0;
  let keyset: Keyset = { algorithm: policy.algorithm, keys: [] };

  const newKey = (): NewSigningKey => {
    made += 1;
    const kid = `k${made}`;
    const { algorithm } = keyset;
    const publicJwk = { kty: 'OKP', use: 'sig' as const, alg: algorithm, kid };
    return { kid, algorithm, publicJwk, sealed: `sealed ${kid}` };
  };
  const become = (change: KeysetChange | undefined) => {
    if (change) keyset = change.keyset;
    moments.push({ at: now, keyset, emergencies });
  };
  const times = () => timeline(keyset, now);
  const current = () => times().find(({ state }) => state === 'current');

  /** The write is computed, then takes its time, then is there for all to see. */
  const publishNext = (
    wish: { plannedAt: number; reason: string },
    { writeMs, diesInBetween }: { writeMs: number; diesInBetween: boolean },
  ) => {
    const key = newKey();
    const facts = { ...wish, now, tokenLifetimeMs: lifetimeMs };
    const appended = appendNext(keyset, key, timing, facts);
    now += writeMs;
    become(appended);
    if (!diesInBetween) become(confirmPublished(keyset, now, timing));
  };

  const poll = (write: { writeMs: number; diesInBetween: boolean }) => {
    become(confirmPublished(keyset, now, timing));
    become(maintain(keyset, now, lifetimeMs));
    const due = nextKeyDue(keyset, now, timing);
    if (due) publishNext(due, write);
  };

  const revoke = (index: number) => {
    const live = times().filter(({ state }) => state !== 'retired');
    const target = live[index % live.length];
    if (!target) return;
    revoked.add(target.record.kid);
    if (target.record.activatesAt <= now + timing.propagationMs) emergencies += 1;
    const next = live.find(
      ({ record, state }) => state === 'next' && record.algorithm === keyset.algorithm,
    );
    const isCurrent = target.state === 'current';
    const successor = isCurrent ? next?.record.kid : undefined;
    const reason = 'test';
    const change = revokeKey(keyset, target.record.kid, { now, reason, successor });
    if (!isCurrent || successor) return become(change);
    const facts = { now, tokenLifetimeMs: lifetimeMs, reason };
    become(appendCurrent(change.keyset, newKey(), facts));
  };

  become(appendCurrent(keyset, newKey(), { now, tokenLifetimeMs: lifetimeMs, reason: 'initial' }));

  return {
    timing,
    moments,
    signatures,
    revoked,
    now: () => now,
    keyset: () => keyset,
    times,
    current,
    /** One more token by the key that is current at this instant. */
    sign() {
      const kid = current()?.record.kid;
      if (kid) signatures.push({ kid, at: now, lifetimeMs });
    },
    /** One poll as it mostly is: quick. */
    poll() {
      poll({ writeMs: 0, diesInBetween: false });
    },
    wait(ms: number) {
      now += ms;
      become(undefined);
    },
    take(step: Step) {
      if (step.do === 'wait') this.wait(Math.round(step.share * policy.rotateEveryMs));
      else if (step.do === 'poll') poll(step);
      else if (step.do === 'revoke') revoke(step.index);
      else if (step.do === 'choose') keyset = { ...keyset, algorithm: step.algorithm };
      else if (pendingKey(keyset, now))
        become(advanceNext(keyset, timing, { now, reason: 'test' }));
      else publishNext({ plannedAt: now, reason: 'test' }, { writeMs: 0, diesInBetween: false });
    },
  };
}

export type Life = ReturnType<typeof createLife>;

export function published(times: readonly SigningKeyTimes[]): string[] {
  return times.filter(({ state }) => state !== 'retired').map(({ record }) => record.kid);
}
