/**
 * What a sign-in still needs: nothing, another proof, or another authenticator. It decides on what is known and does
 * nothing.
 */
import {
  type AuthenticationLevel,
  isStrongEnough,
  strongest,
} from '../definitions/authentication.ts';
import type { AuthenticatorsRecord } from '../storage/authenticators.ts';
import { isCode } from './passkeys/first_passkey.ts';
import { type AuthenticationContext, contextOf, isSecondFactor, type Proof } from './proofs.ts';

type SecondFactor = 'totp' | 'recovery_code' | 'passkey';

/** What is asked of a sign-in. */
export type Requirement = {
  /** It fails with less. */
  required: AuthenticationLevel;
  /** Levels that would do, the most wanted first (`acr_values`): the first that the person can reach is required. */
  wanted: readonly AuthenticationLevel[];
};

export type NextStep =
  | { step: 'done'; context: AuthenticationContext }
  /** One of `options` has to be proven. */
  | { step: 'ask'; options: SecondFactor[] }
  /** The person has to set up an authenticator first. */
  | { step: 'set_up'; kind: 'totp' | 'passkey' }
  /** The same, and its proofs are too old for that. */
  | { step: 'sign_in' };

type Owned = Pick<AuthenticatorsRecord, 'passkeys' | 'totps' | 'recoveryCodes'>;

/** The level that a sign-in of a person with these authenticators has to reach. */
export function targetLevel(
  owned: Owned | undefined,
  { required, wanted }: Requirement,
): AuthenticationLevel {
  const reachable = reachableLevel(owned);
  return strongest([required, wanted.find((level) => isStrongEnough(reachable, level))]);
}

export function nextStep({
  proofs,
  owned,
  requirement,
  isRecent,
}: {
  proofs: readonly Proof[];
  owned: Owned | undefined;
  requirement: Requirement;
  /** Whether the person has signed in just now, and not only has a session. */
  isRecent: boolean;
}): NextStep {
  const { totps = [], passkeys = [], recoveryCodes } = owned ?? {};
  const context = contextOf(proofs);
  const isAsked = proofs.some(({ method }) => isSecondFactor(method));
  const target = strongest([
    targetLevel(owned, requirement),
    // Whoever has set up a second factor is asked for it.
    totps.length > 0 && !isAsked ? 'mfa' : undefined,
  ]);
  if (isStrongEnough(context.level, target)) return { step: 'done', context };
  if (!isRecent && !isStrongEnough(reachableLevel(owned), target)) return { step: 'sign_in' };

  // A browser that is trusted asks for nothing, and is no proof for the set-up of something stronger.
  if (totps.length > 0 && !proofs.some(({ method }) => isCode(method))) {
    const codes: SecondFactor[] = (recoveryCodes?.hashes.length ?? 0) > 0 ? ['recovery_code'] : [];
    const keys: SecondFactor[] = passkeys.length > 0 ? ['passkey'] : [];
    const isEnough = target !== 'phishing_resistant' || passkeys.length === 0;
    return { step: 'ask', options: isEnough ? ['totp', ...codes, ...keys] : ['passkey'] };
  }
  if (passkeys.length > 0) return { step: 'ask', options: ['passkey'] };
  return { step: 'set_up', kind: target === 'phishing_resistant' ? 'passkey' : 'totp' };
}

/** The strongest sign-in that the person can make with what is set up. */
function reachableLevel(owned: Owned | undefined): AuthenticationLevel {
  return strongest([
    owned && owned.totps.length > 0 ? 'mfa' : undefined,
    owned && owned.passkeys.length > 0 ? 'phishing_resistant' : undefined,
  ]);
}
