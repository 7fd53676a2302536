/**
 * Checks on single values.
 */

/**
 * Only asymmetric algorithms: a verifier must not be able to create what it verifies (RFC 8725 section 3.1).
 */
export const asymmetricAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Takes names separated by spaces, or an array of names; undefined if they are not scopes. */
export function parseScopes(given: unknown): readonly string[] | undefined {
  const scopes = typeof given === 'string' ? given.split(' ').filter(Boolean) : given;
  if (!Array.isArray(scopes)) return undefined;
  const right = scopes.every(
    (scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope),
  );
  return right ? scopes : undefined;
}

/**
 * What is wrong with the issuer (RFC 8414 section 2), if anything. Plain http is allowed only on loopback
 * addresses.
 */
export function mistakeInIssuer(issuer: unknown): string | undefined {
  const url = typeof issuer === 'string' && URL.canParse(issuer) ? new URL(issuer) : undefined;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'issuer must be an https URL';
  }
  if (url.protocol === 'http:' && !loopback.test(url.hostname)) {
    return 'issuer must be an https URL; http is for loopback addresses only';
  }
  if (url.search || url.hash || url.username || url.password || /[?#]|\/$/.test(String(issuer))) {
    return 'issuer must have no query, fragment, user or slash at its end';
  }
  return undefined;
}

/** Without query and fragment. */
export function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@]+[^?#]*$/i.test(text) && URL.canParse(text);
}

/** Takes one string or an array of them; empty if any is empty or not a string. */
export function nonEmptyStrings(given: unknown): string[] {
  const list = Array.isArray(given) ? given : [given];
  return list.every(isNonEmptyString) ? list : [];
}

/** Whether it is a string with at least one character. */
export function isNonEmptyString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Whether it is an object and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A non-empty array of allowed algorithms. */
export function isAlgorithmList(given: unknown): boolean {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((alg) => asymmetricAlgorithms.includes(alg))
  );
}
