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
  const tables = Array.from({ length: rounds }, (_, round) =>
    Uint16Array.from(
      { length: halfSize },
      (_, value) => random.readUInt16LE((round * halfSize + value) * 2) & mask,
    ),
  );
  const backwards = tables.toReversed();

  return {
    indexOf(position) {
      let [left, right] = [position >> halfBits, position & mask];
      for (const table of tables) [left, right] = [right, left ^ (table[right] ?? 0)];
      return (left << halfBits) | right;
    },
    positionOf(index) {
      let [left, right] = [index >> halfBits, index & mask];
      for (const table of backwards) [left, right] = [right ^ (table[left] ?? 0), left];
      return (left << halfBits) | right;
    },
  };
}
