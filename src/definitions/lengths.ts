/**
 * Length limits in characters, wherever a text comes from: the declarative file, the command line, dynamic
 * registration or a form.
 */

/**
 * NIST SP 800-63B-4 section 3.1.1.2: at least 8 beside a second factor, and 15 where the password is all there is
 * (`alone`). The upper bound keeps normalization cheap.
 */
export const passwordLength = { min: 8, alone: 15, max: 1024 } as const;

export const maxLength = {
  username: 200,
  /** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
  email: 254,
  /** OpenID Connect Core section 2. */
  subject: 255,
  /** Encoded. */
  passwordHash: 1024,
  clientId: 200,
  clientName: 200,
  apiName: 200,
  scopeName: 128,
  scopeText: 300,
  claimName: 200,
  /** A claim that people type of themselves, such as their name. */
  claimText: 200,
  membership: 200,
  projectId: 100,
  /** An API's identifier, a redirect URI or a webhook's URL. */
  uri: 2000,
} as const;

/**
 * Secrets that an operator supplies for clients and scanners. RFC 6749 section 10.10 asks for at least 128 bits: 32
 * hexadecimal digits. The upper bound keeps hashing cheap.
 */
export const secretLength = { min: 32, max: 512 } as const;

/** The same for those that clients bring along from another server, where nobody can choose them any more. */
export const importedSecretLength = { min: 16, max: secretLength.max } as const;

/** The minimum size of a master secret (CARDEA_SECRET). */
export const masterSecretBytes = 32;
