/**
 * A key in a URL is in the logs of whoever it passed: it counts as leaked.
 */
import { CardeaError } from '../../errors.ts';
import { parseKey } from '../model/key_format.ts';

/** Somebody sent a key where others can read it. Resolves when it is on record. */
export type ReportLeak = (
  key: string,
  found: { source: 'query_string'; ip: string; requestId: string },
) => Promise<void>;

/** A parameter or a name that is a key by its form and checksum; undefined: none. */
export function keyInQuery(querystring: string): string | undefined {
  for (const pair of new URLSearchParams(querystring)) {
    const key = pair.find((text) => parseKey(text)?.isChecksumRight);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** The same for a whole URI, or a part of one: a key in its path is in as many logs. */
export function keyInUri(uri: string): string | undefined {
  return keyInQuery(uri.replace(/[/?#;]/g, '&'));
}

export function keyInQueryError(): CardeaError {
  return new CardeaError({
    code: 'key_in_query',
    status: 400,
    message:
      'An API key was sent in the URL, where logs keep it. It was reported as leaked; use another, and never in a URL.',
  });
}
