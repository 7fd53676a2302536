import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../src/digests.ts';

describe('Random identifiers', () => {
  test('Each is new and has as many random bytes as asked for, whatever is drawn in advance', () => {
    const sizes = [16, 32, 16, 9];
    const ids = Array.from({ length: 4000 }, (_, n) => randomId(sizes[n % sizes.length]));
    assert.equal(new Set(ids).size, ids.length);
    for (const [n, id] of ids.entries()) {
      assert.match(id, /^[\w-]+$/);
      const bytes = Buffer.from(id, 'base64url');
      assert.equal(bytes.length, sizes[n % sizes.length]);
      assert.ok(bytes.some((byte) => byte !== 0));
    }
    // Randomness that was used before is overwritten: used again, it would begin or end with the same zeros.
    const parts = ids.map((id) => Buffer.from(id, 'base64url'));
    for (const place of [0, -6]) {
      assert.equal(
        new Set(parts.map((part) => part.subarray(place).subarray(0, 6).toString('hex'))).size,
        4000,
      );
    }
  });
});
