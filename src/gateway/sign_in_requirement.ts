/**
 * How strong and how recent a sign-in has to be for a request, and the challenge that makes a client ask for such a one
 * (RFC 9470).
 */
import {
  type AuthenticationLevel,
  acrOf,
  isStrongEnough,
  type SignIn,
} from '../definitions/authentication.ts';

export type SignInRequirement = {
  /** Undefined: a credential that nobody signed in for does too. */
  level: AuthenticationLevel | undefined;
  /** Seconds since the person signed in. Undefined: however long ago. */
  maxAge: number | undefined;
};

/** `now` in milliseconds. */
export function isSignedInAsRequired(
  { level, at }: SignIn,
  required: SignInRequirement,
  now: number,
): boolean {
  const { level: least, maxAge } = required;
  const isStrong = least === undefined || isStrongEnough(level, least);
  const isRecent = maxAge === undefined || (at !== undefined && at + maxAge >= now / 1000);
  return isStrong && isRecent;
}

/** Parameters of the challenge (RFC 9470 section 3). */
export function signInChallenge({ level, maxAge }: SignInRequirement): Record<string, string> {
  return {
    ...(level !== undefined && { acr_values: acrOf(level) }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  };
}
