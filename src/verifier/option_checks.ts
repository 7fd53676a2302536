/** What the values of options must look like, one by one. */

/** Asymmetric only: a verifier must not be able to make what it verifies (RFC 8725 section 3.1). */
export const asymmetricAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** One text of names between spaces, or an array of names; undefined: not scopes. */
export function parseScopes(given: unknown): readonly string[] | undefined {
  const scopes = typeof given === 'string' ? given.split(' ').filter(Boolean) : given;
  if (!Array.isArray(scopes)) return undefined;
  const right = scopes.every(
    (scope) => typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope),
  );
  return right ? scopes : undefined;
}

/** What is wrong with it (RFC 8414 section 2); plain http only where nobody can listen in. */
export function checkIssuer(issuer: unknown): string | undefined {
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

/** One text, or several; nothing where any is empty or no text. */
export function texts(given: unknown): string[] {
  const list = Array.isArray(given) ? given : [given];
  return list.every((text) => typeof text === 'string' && text !== '') ? list : [];
}

/** An object that is no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Some, and only such as may be used. */
export function isAlgorithmList(given: unknown): boolean {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((alg) => asymmetricAlgorithms.includes(alg))
  );
}
