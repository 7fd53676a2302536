/** An index tells nothing about when its token was issued, or which others were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomId } from '../../../src/digests.ts';
import { listSize } from '../../../src/tokens/status/bit_list.ts';
import { createPermutation } from '../../../src/tokens/status/permutation.ts';

const seeds = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
const positions = fc.nat(listSize - 1);

test('Every position has its own index, and every index maps back to its position', () => {
  const { indexOf, positionOf } = createPermutation(randomId(32));
  const seen = new Uint8Array(listSize);
  for (let position = 0; position < listSize; position += 1) {
    const index = indexOf(position);
    seen[index] = 1;
    if (positionOf(index) !== position) assert.fail(`${position} became ${positionOf(index)}`);
  }
  assert.equal(
    seen.reduce((sum, bit) => sum + bit, 0),
    listSize,
  );
});

test('One seed gives the same indexes in every process, and another seed gives different ones', () => {
  fc.assert(
    fc.property(seeds, seeds, positions, (seed, other, start) => {
      const [one, again, third] = [seed, seed, other].map(createPermutation);
      const sample = Array.from({ length: 64 }, (_, step) => (start + step) % listSize);
      const indexes = sample.map((position) => one?.indexOf(position));
      assert.deepEqual(
        sample.map((position) => again?.indexOf(position)),
        indexes,
      );
      assert.deepEqual(
        indexes.map((index) => one?.positionOf(index ?? -1)),
        sample,
      );
      const others = sample.map((position) => third?.indexOf(position));
      assert.ok(seed === other || others.some((index, at) => index !== indexes[at]));
    }),
    { numRuns: 50 },
  );
});

test('Neighbouring positions are no closer in the list than any two positions', () => {
  const { indexOf } = createPermutation(randomId(32));
  // The distance of two independent indexes is even over all that there are. 64 bins of 1,024 each; for
  // 63 degrees of freedom 200 is beyond any chance.
  for (const step of [1, 2, 512, 1024, 16_384]) {
    const bins = new Array<number>(64).fill(0);
    for (let position = 0; position < 65_536; position += 1) {
      const distance = (indexOf(position + step) - indexOf(position) + listSize) % listSize;
      bins[distance >> 14] = (bins[distance >> 14] ?? 0) + 1;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 1024) ** 2 / 1024, 0);
    assert.ok(chiSquare < 200, `step ${step}: ${chiSquare}`);
  }
});

test('Each bit of a position changes each bit of its index half of the time', () => {
  const { indexOf } = createPermutation(randomId(32));
  const samples = 8192;
  for (let input = 0; input < 20; input += 1) {
    const flips = new Array<number>(20).fill(0);
    for (let sample = 0; sample < samples; sample += 1) {
      const position = (sample * 127) % listSize;
      const changed = indexOf(position) ^ indexOf(position ^ (1 << input));
      for (let bit = 0; bit < 20; bit += 1) flips[bit] = (flips[bit] ?? 0) + ((changed >> bit) & 1);
    }
    // The standard deviation is 45; pairs that are counted from both sides double the variance.
    for (const count of flips) assert.ok(Math.abs(count - samples / 2) < 600, `${input}: ${count}`);
  }
});
