/**
 * All families of hashes that people can sign in with. Ours is argon2id; the first sign-in replaces any other.
 */
import { argon2 } from './argon2.ts';
import { aspNetIdentity } from './asp_net_identity.ts';
import { bcrypt } from './bcrypt.ts';
import type { CheckPassword, HashFamily } from './hash_family.ts';
import { pbkdf2 } from './pbkdf2.ts';
import { firebaseScrypt, scrypt } from './scrypt.ts';
import { sha512Crypt } from './sha512_crypt.ts';

const families: readonly HashFamily[] = [
  ...[argon2, bcrypt, scrypt, firebaseScrypt, pbkdf2, sha512Crypt, aspNetIdentity],
];

/** The family of an encoded hash and its check; undefined if the hash cannot be used. */
export function readHash(encoded: string): { family: string; check: CheckPassword } | undefined {
  for (const { name, read } of families) {
    const check = read(encoded);
    if (check) return { family: name, check };
  }
  return undefined;
}
