/**
 * Identifiers, digests and fingerprints. Pure functions that know nothing of what they are used for.
 */
import {
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';

const usualBytes = 16;
/**
 * Randomness drawn in advance, as the runtime does for UUIDs: to ask for it costs more than all else about an
 * identifier. What was handed out is overwritten. Longer values, which are secrets, are never drawn in advance.
 */
const drawn = Buffer.alloc(256 * usualBytes);
let nextDrawn = drawn.length;

/** A new unguessable identifier: `bytes` random bytes as base64url (16 bytes = 22 characters). */
export function randomId(bytes = usualBytes): string {
  if (bytes !== usualBytes) return randomBytes(bytes).toString('base64url');
  if (nextDrawn === drawn.length) {
    randomFillSync(drawn);
    nextDrawn = 0;
  }
  const end = nextDrawn + usualBytes;
  const id = drawn.toString('base64url', nextDrawn, end);
  drawn.fill(0, nextDrawn, end);
  nextDrawn = end;
  return id;
}

/** SHA-256 as base64url (43 characters): what is stored in place of a bearer value. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Keys as the runtime prepares them: to do that for each HMAC costs six times as much as the HMAC. */
const preparedKeys = new WeakMap<Buffer, KeyObject>();

/** HMAC-SHA-256 as base64url, for values too short to resist guessing. */
export function hmacSha256(key: Buffer, text: string): string {
  const prepared = preparedKeys.get(key) ?? createSecretKey(key);
  preparedKeys.set(key, prepared);
  return createHmac('sha256', prepared).update(text).digest('base64url');
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
  return shortened(hash('sha256', secret, 'hex'));
}

/** The fingerprint of what has this SHA-256 (base64url). */
export function fingerprintBehind(digest: string): string {
  return shortened(Buffer.from(digest, 'base64url').toString('hex'));
}

function shortened(hex: string): string {
  return `${hex.slice(0, 8)}…${hex.slice(-4)}`;
}
