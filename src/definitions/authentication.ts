/**
 * How strong a sign-in is: its level, and the context class (`acr`) that tokens and clients name it by.
 */

/** From weakest to strongest. */
export const authenticationLevels = ['password', 'mfa', 'phishing_resistant'] as const;

/**
 * `password`: one factor, whichever. `mfa`: two factors. `phishing_resistant`: a key of the person's that signs for this
 * origin only (NIST SP 800-63B-4 section 3.2.5).
 */
export type AuthenticationLevel = (typeof authenticationLevels)[number];

const acrPrefix = 'urn:cardea:acr:';

/** The `acr` of a level. */
export function acrOf(level: AuthenticationLevel): string {
  return `${acrPrefix}${level.replace('_', '-')}`;
}

/** All values of `acr` that Cardea knows, from weakest to strongest. */
export const acrValues: readonly string[] = authenticationLevels.map(acrOf);

/** The level of an `acr`; undefined where Cardea does not know it. */
export function levelOf(acr: unknown): AuthenticationLevel | undefined {
  return authenticationLevels.find((level) => acrOf(level) === acr);
}

/** Whether a sign-in of `level` is as strong as `required`, or stronger. */
export function isStrongEnough(
  level: AuthenticationLevel | undefined,
  required: AuthenticationLevel,
): boolean {
  return (
    level !== undefined &&
    authenticationLevels.indexOf(level) >= authenticationLevels.indexOf(required)
  );
}

/** How and when the person behind a token signed in; neither: nobody did, as for a service or an API key. */
export type SignIn = {
  level: AuthenticationLevel | undefined;
  /** Seconds since the epoch. */
  at: number | undefined;
};

/** As the claims of a token tell it (RFC 9068 section 2.2.1). */
export function signInOf({ acr, auth_time: at }: Record<string, unknown>): SignIn {
  return { level: levelOf(acr), at: typeof at === 'number' ? at : undefined };
}

/** The strongest of them; `password` of none. */
export function strongest(
  levels: readonly (AuthenticationLevel | undefined)[],
): AuthenticationLevel {
  return authenticationLevels.findLast((level) => levels.includes(level)) ?? 'password';
}
