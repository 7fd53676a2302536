/**
 * Client secrets. Ours have 256 bits and an operator's at least 32 characters, so a plain SHA-256 resists
 * guessing and costs a token request nothing.
 */
import { equalDigests, randomId, sha256 } from '../digests.ts';
import type { ClientSecretHash } from '../storage/clients.ts';

/** Hashes remembered per client, valid and expired. */
const maxRememberedHashes = 8;

/** A fresh secret: 32 random bytes, base64url. */
export function newSecret(): string {
  return randomId(32);
}

export function hashSecret(secret: string, now: number): ClientSecretHash {
  return { hash: sha256(secret), createdAt: now };
}

/** Of a secret, or of its SHA-256 (base64url) where nothing else is known of it. */
export function storedSecret(secret: string | { sha256: string }, now: number): ClientSecretHash {
  return typeof secret === 'string'
    ? hashSecret(secret, now)
    : { hash: secret.sha256, createdAt: now };
}

/**
 * The hashes after `secret` has replaced the newest one, which stays valid for the overlap; all older ones end,
 * so at most two are valid. Expired hashes are remembered so that declared_clients.ts does not restore them.
 */
export function rotated(
  hashes: readonly ClientSecretHash[],
  secret: string,
  { now, overlapMs }: { now: number; overlapMs: number },
): ClientSecretHash[] {
  const endingBy = (hash: ClientSecretHash, end: number) => ({
    ...hash,
    expiresAt: Math.min(hash.expiresAt ?? end, end),
  });
  const [newest, ...older] = hashes.toSorted((a, b) => b.createdAt - a.createdAt);
  const replaced = newest ? [endingBy(newest, now + overlapMs)] : [];
  return [hashSecret(secret, now), ...replaced, ...older.map((hash) => endingBy(hash, now))].slice(
    0,
    maxRememberedHashes,
  );
}

/**
 * Which of these this is, unless that has expired. Compares every hash, even after a match, so that the time taken
 * reveals nothing.
 */
export function matchingSecret(
  hashes: readonly ClientSecretHash[],
  secret: string,
  now: number,
): ClientSecretHash | undefined {
  const presented = sha256(secret);
  let matching: ClientSecretHash | undefined;
  for (const known of hashes) {
    const equal = equalDigests(known.hash, presented);
    if (equal && (known.expiresAt === undefined || known.expiresAt > now)) matching = known;
  }
  return matching;
}
