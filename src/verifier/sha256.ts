/**
 * SHA-256 as thumbprints, key sets and caches need it.
 */
import { createHash } from 'node:crypto';

/** In base64url. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('base64url');
}
