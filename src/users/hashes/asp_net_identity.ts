/**
 * ASP.NET Core Identity, versions 2 and 3 (PasswordHasher.cs): PBKDF2 as one base64 text, its parameters in front.
 */
import { hashFormats } from '../../definitions/password_hashes.ts';
import { type CheckPassword, fromBase64, type HashFamily } from './hash_family.ts';
import { checkPbkdf2 } from './pbkdf2.ts';

/** KeyDerivationPrf, by number. */
const digests = ['sha1', 'sha256', 'sha512'];

export const aspNetIdentity: HashFamily = {
  name: 'asp-net-identity',
  read(encoded) {
    if (hashFormats.aspNetV2.test(encoded)) return readVersion2(fromBase64(encoded));
    if (hashFormats.aspNetV3.test(encoded)) return readVersion3(fromBase64(encoded));
    return undefined;
  },
};

/** 0x00, 16 bytes of salt, 32 bytes of hash. */
function readVersion2(blob: Buffer): CheckPassword | undefined {
  const [salt, expected] = [blob.subarray(1, 17), blob.subarray(17)];
  return checkPbkdf2({ digest: 'sha1', iterations: 1000, salt, expected });
}

/** 0x01, then PRF, iterations and length of the salt as 32-bit numbers, salt, hash. */
function readVersion3(blob: Buffer): CheckPassword | undefined {
  const digest = digests[blob.readUInt32BE(1)];
  const hashAt = 13 + blob.readUInt32BE(9);
  const [salt, expected] = [blob.subarray(13, hashAt), blob.subarray(hashAt)];
  if (!digest) return undefined;
  return checkPbkdf2({ digest, iterations: blob.readUInt32BE(5), salt, expected });
}
