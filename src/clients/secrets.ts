/**
 * Client secrets. Those we make have 256 bits, and those that an operator brings have at least 32 characters:
 * a plain SHA-256 is enough against guessing, and costs a token request nothing.
 */
import { equalSecrets, randomId, sha256 } from '../ids.ts';
import type { ClientSecretHash } from '../storage/clients.ts';

const withSecret = new Set([undefined, 'client_secret_basic', 'client_secret_post']);

/** A fresh secret: 32 random bytes, base64url. */
export function newSecret(): string {
  return randomId(32);
}

/** `now`: milliseconds since the epoch. */
export function hashSecret(secret: string, now: number): ClientSecretHash {
  return { hash: sha256(secret), createdAt: now };
}

/** Whether the client authenticates with a secret (RFC 7591: client_secret_basic by default) for any grant at all. */
export function needsSecret(metadata: Record<string, unknown>): boolean {
  return withSecret.has(metadata.token_endpoint_auth_method as string | undefined);
}

/** Looks at every hash, whichever matches, so that the time tells nothing. */
export function secretMatches(
  hashes: readonly ClientSecretHash[],
  secret: string,
  now: number,
): boolean {
  const presented = sha256(secret);
  let matches = false;
  for (const { hash, expiresAt } of hashes) {
    const equal = equalSecrets(hash, presented);
    if (equal && (expiresAt === undefined || expiresAt > now)) matches = true;
  }
  return matches;
}
