/**
 * The JWKS document (RFC 7517 section 5): its bytes and how long they may be cached. The route is elsewhere.
 */
import { hash } from 'node:crypto';
import type { KeyringSnapshot } from './keyring_snapshot.ts';

export type PublicJwks = {
  /** `{"keys":[…]}`, the current key first, public members only. */
  body: string;
  /** Strong validator, quoted (RFC 9110 section 8.8.3). */
  etag: string;
  /** Seconds for Cache-Control. No key missing from this body signs within that time. */
  maxAge: number;
};

/** The keys published at `now` (milliseconds since the epoch). The same keys always give the same bytes. */
export function publicJwks(snapshot: KeyringSnapshot, now: number): PublicJwks {
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

/** The same, built once for as long as the keys are the same: thousands of requests ask for it. */
export function createJwksCache(): typeof publicJwks {
  let kept: { version: string; jwks: PublicJwks } | undefined;
  return (snapshot, now) => {
    const { version } = snapshot;
    if (kept?.version !== version) kept = { version, jwks: publicJwks(snapshot, now) };
    return kept.jwks;
  };
}

function byName([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : 1;
}
