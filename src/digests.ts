/**
 * Identifiers, digests and fingerprints. Nothing here keeps state or knows what it names.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A fresh unguessable identifier: `bytes` random bytes as base64url (16 bytes = 22 characters). */
export function randomId(bytes = 16): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 of a text as base64url (43 characters): what is stored in place of a bearer value. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** HMAC-SHA-256 as base64url: the digest for values that are too short to resist guessing. */
export function hmacSha256(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Constant-time equality of two texts of any length; reveals neither where nor whether lengths differ. */
export function equalSecrets(left: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'));
}

/** Constant-time equality of two digests, whose length is no secret. */
export function equalDigests(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a log may show of a secret: the first eight and last four characters of its SHA-256. */
export function fingerprint(secret: string): string {
  const digest = hash('sha256', secret, 'hex');
  return `${digest.slice(0, 8)}…${digest.slice(-4)}`;
}
