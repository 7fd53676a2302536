/**
 * Redirect URIs that lead to the person's own machine: whatever runs there can be at their end (RFC 8252 section 8.6).
 */
import { redirectUriMistake } from '../../config/schema/redirect_uris.ts';
import { isLoopbackHost } from '../../definitions/loopback.ts';

/** A loopback address over plain http, or a private-use scheme (RFC 8252 sections 7.1 and 7.3). */
export function isLocalRedirect(uri: string): boolean {
  const url = URL.parse(uri);
  if (!url || url.protocol === 'https:') return false;
  return url.protocol !== 'http:' || isLoopbackHost(url.hostname);
}

/**
 * Those that can be used here, of a client that names redirect URIs for many servers: the others are left out, not
 * refused, as no request can use them. If none can be used, all are answered, so that a check says why.
 */
export function usableRedirects(redirectUris: unknown): unknown {
  if (!Array.isArray(redirectUris)) return redirectUris;
  const usable = redirectUris.filter((uri) => typeof uri !== 'string' || isUsable(uri));
  return usable.length > 0 ? usable : redirectUris;
}

/** No program on this machine has a certificate for its name; the engine takes none either. */
function isUsable(uri: string): boolean {
  const url = URL.parse(uri);
  const isSecureLoopback = url?.protocol === 'https:' && isLoopbackHost(url.hostname);
  return !isSecureLoopback && redirectUriMistake(uri, true) === undefined;
}

/** What a client that does not say it is by its redirect URIs (OpenID Connect Dynamic Client Registration section 2). */
export function applicationTypeOf(redirectUris: unknown): 'native' | 'web' {
  const uris: unknown[] = Array.isArray(redirectUris) ? redirectUris : [];
  return uris.some((uri) => typeof uri === 'string' && isLocalRedirect(uri)) ? 'native' : 'web';
}
