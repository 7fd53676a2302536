/** Status lists as bits (draft-ietf-oauth-status-list-21 section 4), against its test vectors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { StatusList } from '@sd-jwt/jwt-status-list';
import fc from 'fast-check';
import { createBitList, listSize } from '../../../src/tokens/status/bit_list.ts';

/** The example of section 4.1, and the 1-bit vector of the appendix. */
const vectors = [
  { size: 16, lst: 'eNrbuRgAAhcBXQ', set: [0, 3, 4, 5, 7, 8, 9, 13, 15] },
  {
    size: 2 ** 20,
    lst: 'eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb',
    set: [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345],
  },
];

const bytesOf = (lst: string) => inflateSync(Buffer.from(lst, 'base64url'));

for (const { size, lst, set } of vectors) {
  test(`A list of ${size} bits matches the draft's test vector byte by byte`, () => {
    const list = createBitList(size);
    assert.equal(list.set(set), true);
    assert.ok(bytesOf(list.encode()).equals(bytesOf(lst)));
    // In the format that the draft demands: ZLIB, not raw DEFLATE, and base64url without padding.
    assert.match(list.encode(), /^e[A-P][\w-]+$/);
  });
}

test('An independent implementation reads exactly the bits that were set', () => {
  const indexes = fc.uniqueArray(fc.nat(listSize - 1), { maxLength: 300 });
  fc.assert(
    fc.property(indexes, (set) => {
      const list = createBitList();
      list.set(set);
      const read = StatusList.decompressStatusList(list.encode(), 1);
      assert.equal(read.statusList.length, listSize);
      assert.equal(
        read.statusList.reduce((sum, bit) => sum + bit, 0),
        set.length,
      );
      for (const index of set) assert.equal(read.getStatus(index), 1);
    }),
    { numRuns: 10 },
  );
});

test('A bit is counted once, and setting it again changes nothing', () => {
  const list = createBitList(64);
  assert.equal(list.set([7, 8, 7]), true);
  assert.equal(list.count(), 2);
  assert.equal(list.set([8, 7]), false);
  assert.equal(list.set([]), false);
  assert.equal(list.count(), 2);
  assert.deepEqual(
    [6, 7, 8, 9].map((index) => list.has(index)),
    [false, true, true, false],
  );
});

test('A serialized list is a snapshot of its moment', () => {
  const list = createBitList();
  const before = list.encode();
  list.set([5]);
  assert.equal(StatusList.decompressStatusList(before, 1).getStatus(5), 0);
  assert.equal(StatusList.decompressStatusList(list.encode(), 1).getStatus(5), 1);
});
