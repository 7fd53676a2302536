/**
 * Lets the library introspect and revoke JWT access tokens. It refuses whatever parses as a JWS on those
 * two routes; a mark in front of the token keeps it from parsing there, and the adapter takes it off again.
 */
import { looksLikeJwt } from '../tokens/access_token_reader.ts';

const mark = '~';

export function markStructured(token: string): string {
  return looksLikeJwt(token) ? `${mark}${token}` : token;
}

/** The JWT inside a (possibly marked) value; undefined when there is none. */
export function structuredToken(value: string): string | undefined {
  const token = value.startsWith(mark) ? value.slice(mark.length) : value;
  return looksLikeJwt(token) ? token : undefined;
}
