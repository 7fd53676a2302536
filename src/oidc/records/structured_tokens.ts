/**
 * Lets the library introspect and revoke JWT access tokens. It refuses whatever parses as a JWT on those
 * two routes; a mark in front of the token keeps it from parsing there, and the adapter takes it off again.
 */
import { looksLikeJwt } from '../../tokens/room.ts';

const mark = '~';
const markedRoutes = new Set(['introspection', 'revocation']);

/** The token as the library shall see it on this route. A mark that was brought along gets a second one. */
export function markStructured(token: string, route: string): string {
  const mayParse = token.includes('.') || token.startsWith(mark);
  return markedRoutes.has(route) && mayParse ? `${mark}${token}` : token;
}

/** The JWT that the library looks up on this route; undefined when it is none. */
export function structuredToken(value: string, route: string | undefined): string | undefined {
  const isMarked = value.startsWith(mark);
  if (isMarked !== markedRoutes.has(route ?? '')) return undefined;
  const token = isMarked ? value.slice(mark.length) : value;
  return looksLikeJwt(token) ? token : undefined;
}
