/**
 * Where a position of a list appears in public. Positions are assigned one after the other. The index in a
 * token is the position under a permutation that only the issuer knows, so that it reveals nothing about
 * order, volume or neighbors. A Feistel network over the 20 bits of a position, with random round functions
 * derived from the list's own seed.
 */
import { createCipheriv } from 'node:crypto';

export type Permutation = {
  indexOf(position: number): number;
  positionOf(index: number): number;
};

const halfBits = 10;
const halfSize = 2 ** halfBits;
const mask = halfSize - 1;
const rounds = 6;

/** `seed`: 32 bytes as base64url. The same seed gives the same permutation. */
export function createPermutation(seed: string): Permutation {
  // A key stream used for nothing else, hence no nonce.
  const stream = createCipheriv('aes-256-ctr', Buffer.from(seed, 'base64url'), Buffer.alloc(16));
  const random = stream.update(Buffer.alloc(rounds * halfSize * 2));
  /** The function of each round, one after the other. A kill switch asks for millions of indexes. */
  const table = Uint16Array.from(
    { length: rounds * halfSize },
    (_, entry) => random.readUInt16LE(entry * 2) & mask,
  );
  const twoRounds = 2 * halfSize;

  return {
    indexOf(position) {
      let left = position >> halfBits;
      let right = position & mask;
      for (let round = 0; round < table.length; round += twoRounds) {
        left ^= table[round + right] ?? 0;
        right ^= table[round + halfSize + left] ?? 0;
      }
      return (left << halfBits) | right;
    },
    positionOf(index) {
      let left = index >> halfBits;
      let right = index & mask;
      for (let round = table.length - twoRounds; round >= 0; round -= twoRounds) {
        right ^= table[round + halfSize + left] ?? 0;
        left ^= table[round + right] ?? 0;
      }
      return (left << halfBits) | right;
    },
  };
}
