/**
 * How many characters the texts of records may have, wherever they come from: the declarative file, the command
 * line, dynamic registration, a form.
 */

/** NIST SP 800-63B section 5.1.1.2: at least 8; the upper bound keeps normalising cheap. */
export const passwordLength = { min: 8, max: 1024 } as const;

export const maxLength = {
  username: 200,
  /** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
  email: 254,
  clientId: 200,
  clientName: 200,
  apiName: 200,
  scopeName: 128,
  scopeText: 300,
  /** An API's identifier, a redirect URI, the address of a webhook. */
  uri: 2000,
} as const;

/**
 * Of secrets that an operator brings: clients', scanners'. RFC 6749 section 10.10: at least 128 bits, as whoever makes
 * one writes them; the upper bound keeps hashing cheap.
 */
export const secretLength = { min: 32, max: 512 } as const;

/** Of a master secret (CARDEA_SECRET), at least. */
export const masterSecretBytes = 32;
