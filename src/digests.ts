/**
 * Identifiers, digests and fingerprints. Pure functions that know nothing of what they are used for.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new unguessable identifier: `bytes` random bytes as base64url (16 bytes = 22 characters). */
export function randomId(bytes = 16): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 as base64url (43 characters): what is stored in place of a bearer value. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** HMAC-SHA-256 as base64url, for values too short to resist guessing. */
export function hmacSha256(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/**
 * Compares two texts of any length in constant time. Reveals neither a differing position nor a differing
 * length.
 */
export function equalSecrets(left: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'));
}

/** Compares two digests in constant time. Their length is not secret. */
export function equalDigests(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a log may show of a secret: the first eight and last four hex characters of its SHA-256. */
export function fingerprint(secret: string): string {
  const digest = hash('sha256', secret, 'hex');
  return `${digest.slice(0, 8)}…${digest.slice(-4)}`;
}
