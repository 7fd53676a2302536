/**
 * A status list as bits, and its encoding (draft-ietf-oauth-status-list-21 section 4): one bit per token,
 * least significant bit of a byte first, 1 = revoked, compressed with DEFLATE in the ZLIB format.
 */
import { constants, deflateSync } from 'node:zlib';

/** Positions per list: some minutes of a busy server, and 128 KiB before compression. */
export const listSize = 2 ** 20;

/**
 * Only run lengths compress in a list. With 600 and 10,000 bits set, this is as small as the default strategy
 * at its best, in 0.1 and 0.5 ms instead of 8 and 68 ms.
 */
const compression = { level: constants.Z_BEST_COMPRESSION, strategy: constants.Z_RLE };

export type BitList = {
  /** Marks these indexes as revoked. Returns whether any was not yet. */
  set(indexes: ArrayLike<number>): boolean;
  has(index: number): boolean;
  /** How many bits are set. */
  count(): number;
  /** The `lst` member: compressed, base64url. */
  encode(): string;
};

export function createBitList(size = listSize): BitList {
  const bytes = Buffer.alloc(Math.ceil(size / 8));
  let count = 0;

  const has = (index: number) => ((bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

  return {
    set(indexes) {
      const before = count;
      for (let each = 0; each < indexes.length; each += 1) {
        const index = indexes[each] ?? 0;
        const bit = 1 << (index & 7);
        const byte = bytes[index >> 3] ?? 0;
        if ((byte & bit) !== 0) continue;
        bytes[index >> 3] = byte | bit;
        count += 1;
      }
      return count > before;
    },
    has,
    count: () => count,
    encode: () => deflateSync(bytes, compression).toString('base64url'),
  };
}
