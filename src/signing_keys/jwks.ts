/**
 * The JWKS document (RFC 7517 section 5) as the endpoint serves it. Bytes and caching facts only; the
 * route that answers with them is elsewhere.
 */
import { hash } from 'node:crypto';
import type { KeySnapshot } from './snapshot.ts';

export type PublicJwks = {
  /** `{"keys":[…]}`, the current key first. Public members only. */
  body: string;
  /** Strong validator, quoted (RFC 9110 section 8.8.3). */
  etag: string;
  /** Seconds for Cache-Control: within them no key can sign that this body lacks. */
  maxAge: number;
};

/** The keys published at `now` (milliseconds since the epoch). The same keys give the same bytes. */
export function publicJwks(snapshot: KeySnapshot, now: number): PublicJwks {
  const keys = snapshot.published
    .filter((key) => key.publishedUntil === undefined || key.publishedUntil > now)
    .map((key) => {
      const { kty, use, alg, kid, ...members } = key.publicJwk;
      return { kty, use, alg, kid, ...Object.fromEntries(Object.entries(members).sort(byName)) };
    });
  const body = JSON.stringify({ keys });
  const etag = `"${hash('sha256', body, 'base64url')}"`;
  return { body, etag, maxAge: snapshot.jwksMaxAgeSeconds };
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1;
}
