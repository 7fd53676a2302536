/**
 * SHA-512-crypt (`$6$`), as /etc/shadow has it: "Unix crypt using SHA-256 and SHA-512", Ulrich Drepper, version 0.6.
 * The numbers in the comments are its steps.
 */
import { createHash, hash } from 'node:crypto';
import { hashFormats, maxForeignCost } from '../../definitions/password_hashes.ts';
import { equalHashes, type HashFamily } from './hash_family.ts';

const defaultRounds = 5000;
const fewestRounds = 1000;
const blockBytes = 64;
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const sha512Crypt: HashFamily = {
  name: 'sha512-crypt',
  read(encoded) {
    const match = hashFormats.sha512Crypt.exec(encoded);
    if (!match) return undefined;
    const [, given = defaultRounds, salt = '', expected = ''] = match;
    const rounds = Number(given);
    if (rounds < fewestRounds || rounds > maxForeignCost.sha512CryptRounds) return undefined;
    return async (password) => {
      const computed = crypt(Buffer.from(password), Buffer.from(salt), rounds);
      return equalHashes(Buffer.from(encode(computed)), Buffer.from(expected));
    };
  },
};

function crypt(password: Buffer, salt: Buffer, rounds: number): Buffer {
  // 4 to 8.
  const alternate = digest(password, salt, password);
  // 1 to 3, 9 to 12.
  const first = createHash('sha512').update(password).update(salt);
  first.update(repeated(alternate, password.length));
  for (let bits = password.length; bits > 0; bits >>>= 1) {
    first.update(bits & 1 ? alternate : password);
  }
  let result: Buffer = first.digest();
  // 13 to 16, 17 to 20.
  const copies = Array.from({ length: password.length }, () => password);
  const passwordBytes = repeated(digest(...copies), password.length);
  const salts = Array.from({ length: 16 + (result[0] ?? 0) }, () => salt);
  const saltBytes = repeated(digest(...salts), salt.length);
  // 21.
  for (let round = 0; round < rounds; round += 1) {
    const parts = [
      round % 2 ? passwordBytes : result,
      ...(round % 3 ? [saltBytes] : []),
      ...(round % 7 ? [passwordBytes] : []),
      round % 2 ? result : passwordBytes,
    ];
    result = digest(...parts);
  }
  return result;
}

function digest(...parts: Buffer[]): Buffer {
  return hash('sha512', Buffer.concat(parts), 'buffer');
}

/** As many bytes as `length`, of `block` over and over. */
function repeated(block: Buffer, length: number): Buffer {
  return Buffer.alloc(length, block);
}

/** 22: three bytes at a time, taken 21 apart, become four characters, the lowest bits first. */
function encode(result: Buffer): string {
  let text = '';
  const add = (value: number, characters: number) => {
    for (let index = 0; index < characters; index += 1) {
      text += alphabet[(value >>> (6 * index)) & 0x3f];
    }
  };
  const last = blockBytes - 1;
  for (let group = 0; group < 21; group += 1) {
    const at = (22 * group) % last;
    const [b2 = 0, b1 = 0, b0 = 0] = [at, (at + 21) % last, (at + 42) % last].map(
      (place) => result[place],
    );
    add((b2 << 16) | (b1 << 8) | b0, 4);
  }
  add(result[last] ?? 0, 2);
  return text;
}
