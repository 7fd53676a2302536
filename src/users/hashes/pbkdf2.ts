/**
 * PBKDF2 (RFC 8018 section 5.2): PHC strings and passlib's, and Django's. Keycloak's are imported as PHC strings.
 */
import { pbkdf2 as pbkdf2Callback } from 'node:crypto';
import { promisify } from 'node:util';
import { hashFormats, maxForeignCost } from '../../definitions/password_hashes.ts';
import { type CheckPassword, equalHashes, fromBase64, type HashFamily } from './hash_family.ts';

const derive = promisify(pbkdf2Callback);

export type Pbkdf2Parts = { digest: string; iterations: number; salt: Buffer; expected: Buffer };

export const pbkdf2: HashFamily = {
  name: 'pbkdf2',
  read(encoded) {
    const phc = hashFormats.pbkdf2.exec(encoded);
    const django = hashFormats.djangoPbkdf2.exec(encoded);
    const [, digest = 'sha1', iterations, salt = '', hash = ''] = phc ?? django ?? [];
    return checkPbkdf2({
      digest,
      iterations: Number(iterations),
      salt: phc ? fromBase64(salt) : Buffer.from(salt),
      expected: fromBase64(hash),
    });
  },
};

/** Undefined if the parts are no usable hash. The hash's own length is what is derived: 16 to 128 bytes. */
export function checkPbkdf2(parts: Pbkdf2Parts): CheckPassword | undefined {
  const { digest, iterations, salt, expected } = parts;
  const most = maxForeignCost.pbkdf2Iterations;
  if (!(iterations >= 1 && iterations <= most)) return undefined;
  if (expected.length < 16 || expected.length > 128) return undefined;
  return async (password) =>
    equalHashes(await derive(password, salt, iterations, expected.length, digest), expected);
}
