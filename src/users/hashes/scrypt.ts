/**
 * scrypt (RFC 7914): PHC strings, Django's, and Firebase's, which encrypts a key of the project with it.
 */
import { createCipheriv, type ScryptOptions, scrypt as scryptCallback } from 'node:crypto';
import { promisify } from 'node:util';
import { hashFormats, maxForeignCost } from '../../definitions/password_hashes.ts';
import { equalHashes, fromBase64, type HashFamily } from './hash_family.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scryptCallback);

/** A shorter hash would match too many passwords. */
const fewestBytes = 16;

type Cost = { N: number; r: number; p: number };

export const scrypt: HashFamily = {
  name: 'scrypt',
  read(encoded) {
    const { cost, salt, expected } = readPhc(encoded) ?? readDjango(encoded) ?? {};
    const options = cost && optionsOf(cost);
    if (!options || !salt || !expected || expected.length < fewestBytes) return undefined;
    return async (password) =>
      equalHashes(await derive(password, salt, expected.length, options), expected);
  },
};

/** AES-256 in counter mode from 0, with a key that scrypt derives, of the signer key (github.com/firebase/scrypt). */
export const firebaseScrypt: HashFamily = {
  name: 'firebase-scrypt',
  read(encoded) {
    const match = hashFormats.firebaseScrypt.exec(encoded);
    if (!match) return undefined;
    const [, ln, r, ...parts] = match;
    const [salt, separator, signerKey, expected] = parts.map(fromBase64);
    const options = optionsOf({ N: 2 ** Number(ln), r: Number(r), p: 1 });
    if (!options || !salt || !separator || !signerKey || !expected) return undefined;
    if (expected.length < fewestBytes || expected.length !== signerKey.length) return undefined;
    return async (password) => {
      const key = await derive(password, Buffer.concat([salt, separator]), 32, options);
      const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return equalHashes(cipher.update(signerKey), expected);
    };
  },
};

function readPhc(encoded: string) {
  const match = hashFormats.scrypt.exec(encoded);
  if (!match) return undefined;
  const [, ln, r, p, salt = '', hash = ''] = match;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  return { cost, salt: fromBase64(salt), expected: fromBase64(hash) };
}

function readDjango(encoded: string) {
  const match = hashFormats.djangoScrypt.exec(encoded);
  if (!match) return undefined;
  const [, n, salt = '', r, p, hash = ''] = match;
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt), expected: fromBase64(hash) };
}

/** Undefined if the cost is out of bounds. Memory: 128 N r bytes, and 128 r for each lane. */
function optionsOf({ N, r, p }: Cost): ScryptOptions | undefined {
  const { scryptMemoryBytes, scryptLanes } = maxForeignCost;
  const isPowerOfTwo = N >= 2 && Number.isInteger(Math.log2(N));
  const bytes = 128 * r * (N + p + 2);
  if (!isPowerOfTwo || r < 1 || p < 1 || p > scryptLanes || bytes > scryptMemoryBytes) {
    return undefined;
  }
  return { N, r, p, maxmem: scryptMemoryBytes };
}
