import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLruCache } from '../../src/caching/lru_cache.ts';

describe('Caches of bounded size', () => {
  const keep = (most: number, bytes: number, size: number, count: number) => {
    const cache = createLruCache<{ size: number }>(most, { bytes, sizeOf: (value) => value.size });
    for (let index = 0; index < count; index += 1) cache.set(`${index}`, { size });
    return Array.from({ length: count }, (_, index) => `${index}`).filter((key) => cache.get(key));
  };

  test('A cache keeps no more entries than it may, the newest ones', () => {
    const kept = keep(10, 1_000_000, 1, 100);
    assert.ok(kept.length >= 5 && kept.length <= 10, `${kept.length}`);
    assert.equal(kept.at(-1), '99');
  });

  test('A cache keeps no more bytes than it may', () => {
    const kept = keep(1000, 1000, 100, 100);
    assert.ok(kept.length >= 5 && kept.length <= 10, `${kept.length}`);
    assert.equal(keep(1000, 1000, 5000, 100).length, 1);
  });

  test('An entry that is set again or deleted does not count twice', () => {
    const cache = createLruCache<{ size: number }>(1000, {
      bytes: 1000,
      sizeOf: ({ size }) => size,
    });
    cache.set('other', { size: 100 });
    for (let time = 0; time < 100; time += 1) {
      cache.set('same', { size: 100 });
      if (time % 2 === 0) cache.delete('same');
    }
    assert.ok(cache.get('other'));
    assert.ok(cache.get('same'));
  });

  test('Entries that are read stay, when others that are not come and go', () => {
    const cache = createLruCache<number>(10);
    cache.set('read', 1);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`${index}`, index);
      assert.equal(cache.get('read'), 1);
    }
  });
});
