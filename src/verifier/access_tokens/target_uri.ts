/**
 * Makes the URL that a proof was made for comparable with the URL that was called: RFC 9449 section 4.3.
 */

/**
 * Scheme, host, port and path, normalized as in RFC 3986 sections 6.2.2 and 6.2.3, without query and fragment.
 * Undefined unless it is an http or https URL without user information.
 */
export function normaliseTarget(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(url);
  if ((protocol !== 'https:' && protocol !== 'http:') || username || password) return undefined;
  return `${protocol}//${host}${pathname.replace(/%[0-9a-f]{2}/gi, normaliseOctet)}`;
}

/**
 * All URLs that clients may have used for `url`, which is a path or, if the caller vouches for it, a whole URL.
 */
export function acceptedTargets(url: string, publicUrls: readonly string[]): string[] {
  const wholes = url.startsWith('/')
    ? publicUrls.map((base) => base.replace(/\/+$/, '') + url)
    : [url];
  return wholes.flatMap((whole) => normaliseTarget(whole) ?? []);
}

/** Unreserved characters are unescaped; other escapes are written in upper case. */
function normaliseOctet(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escaped.toUpperCase();
}
