/**
 * An API key in a URL ends up in the logs of every server on the way, so it counts as leaked.
 */
import { CardeaError } from '../../errors.ts';
import { parseKey } from '../model/key_format.ts';

/** Reports that somebody sent a key where others can read it. Resolves once that is recorded. */
export type ReportLeak = (
  key: string,
  found: { source: 'query_string'; ip: string; requestId: string },
) => Promise<void>;

/** The first parameter name or value that has the form and checksum of a key; undefined if there is none. */
export function keyInQuery(querystring: string): string | undefined {
  for (const pair of new URLSearchParams(querystring)) {
    const key = pair.find((text) => parseKey(text)?.isChecksumRight);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** The same for a whole URI or part of one: paths end up in logs just like queries. */
export function keyInUri(uri: string): string | undefined {
  return keyInQuery(uri.replace(/[/?#;]/g, '&'));
}

export function keyInQueryError(): CardeaError {
  return new CardeaError({
    code: 'key_in_query',
    status: 400,
    message:
      'An API key was sent in the URL, where logs keep it. It was reported as leaked: replace it, and never send keys in URLs.',
  });
}
