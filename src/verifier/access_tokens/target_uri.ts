/** The URL that a proof was made for and the one that was called, made comparable: RFC 9449 section 4.3. */

/**
 * Scheme, host, port and path in the normal form of RFC 3986 section 6.2.2 and 6.2.3, without query and
 * fragment. Undefined: no http or https URL, or one with a user in it.
 */
export function normaliseTarget(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(url);
  if ((protocol !== 'https:' && protocol !== 'http:') || username || password) return undefined;
  return `${protocol}//${host}${pathname.replace(/%[0-9a-f]{2}/gi, normaliseOctet)}`;
}

/** All URLs by which clients may have called `url`, a path or (vouched for by the caller) a whole URL. */
export function acceptedTargets(url: string, publicUrls: readonly string[]): string[] {
  const wholes = url.startsWith('/')
    ? publicUrls.map((base) => base.replace(/\/+$/, '') + url)
    : [url];
  return wholes.flatMap((whole) => normaliseTarget(whole) ?? []);
}

/** An unreserved character needs no escape; other escapes are written in upper case. */
function normaliseOctet(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escaped.toUpperCase();
}
