/**
 * How strong and how recent the sign-in behind a credential must be, and the challenge by which a client asks for such a
 * one (RFC 9470). Levels are Cardea's, from weakest to strongest; a stronger one than required will do.
 */
import { Refusal } from './errors.ts';

const levels = ['password', 'mfa', 'phishing_resistant'] as const;

export type SignInLevel = (typeof levels)[number];

export type SignInOptions = {
  /**
   * The least level of the sign-in, as the token's `acr` tells it. With it, tokens of services and API keys are refused:
   * nobody signed in for them.
   */
  acr?: SignInLevel;
  /** The most seconds since the person signed in, as the token's `auth_time` tells: 0 to 31,536,000. */
  max_age?: number;
};

/** Only these of all options. */
export function signInOf({ acr, max_age: maxAge }: SignInOptions): SignInOptions {
  return {
    ...(acr !== undefined && { acr }),
    ...(maxAge !== undefined && { max_age: maxAge }),
  };
}

/** What is wrong with the options, one sentence per mistake. */
export function signInMistakes({ acr, max_age: maxAge }: SignInOptions): string[] {
  const isLevel = acr === undefined || levels.includes(acr);
  const isAge =
    maxAge === undefined || (Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= 31_536_000);
  return [
    ...(isLevel ? [] : ["acr must be 'password', 'mfa' or 'phishing_resistant'"]),
    ...(isAge ? [] : ['max_age must be a whole number from 0 to 31536000']),
  ];
}

/** Throws Refusal `weak_sign_in` or `old_sign_in`. `now` and `tolerance` in seconds. */
export function checkSignIn(
  claims: Readonly<Record<string, unknown>>,
  { acr: required, max_age: maxAge }: SignInOptions,
  { now, tolerance }: { now: number; tolerance: number },
): void {
  if (required !== undefined) {
    const level = levels.findIndex((one) => acrOf(one) === claims.acr);
    if (level < levels.indexOf(required)) throw new Refusal('weak_sign_in');
  }
  if (maxAge !== undefined) {
    const { auth_time: signedIn } = claims;
    const isRecent = typeof signedIn === 'number' && signedIn + maxAge + tolerance >= now;
    if (!isRecent) throw new Refusal('old_sign_in');
  }
}

/** The value of `acr_values` in a challenge or an authorization request. */
export function acrOf(level: SignInLevel): string {
  return `urn:cardea:acr:${level.replace('_', '-')}`;
}
