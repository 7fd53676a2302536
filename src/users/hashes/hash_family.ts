/**
 * What a family of password hashes has to offer, and what its files share.
 */
import { timingSafeEqual } from 'node:crypto';

/** Whether the password is the one that was hashed. Takes as long as the hash costs. */
export type CheckPassword = (password: string) => Promise<boolean>;

export type HashFamily = {
  /** As the audit trail and reports name it. */
  name: string;
  /** Undefined if the hash is of another family, malformed, or costs more than a sign-in may. Computes nothing. */
  read(encoded: string): CheckPassword | undefined;
};

/** Of any alphabet, padded or not; passlib and crypt write `.` for `+`. */
export function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

/** In constant time. The length of a hash is no secret. */
export function equalHashes(computed: Buffer, stored: Buffer): boolean {
  return computed.length === stored.length && timingSafeEqual(computed, stored);
}
