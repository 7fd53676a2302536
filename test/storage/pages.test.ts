/** The bound on the work of one page of a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedPage } from '../../src/storage/pages.ts';

test('A list that few of many records meet looks at two thousand of them, and says where to go on', async () => {
  let lookedAt = 0;
  const read = async (after: string | undefined, size: number) => {
    lookedAt += size;
    const first = Number(after ?? 0) + 1;
    return Array.from({ length: Math.min(size, 10_000 - first + 1) }, (_, index) => ({
      item: first + index,
      place: String(first + index),
    }));
  };
  const page = (after: string | undefined, wanted: number) =>
    boundedPage({ after, limit: 2, isFiltered: true, matches: (item) => item === wanted, read });
  const first = await page(undefined, 9_999);
  assert.deepEqual(first, { items: [], next: '2000' });
  assert.equal(lookedAt, 2000);
  const second = await page(first.next, 9_999);
  assert.deepEqual(second, { items: [], next: '4000' });
  assert.deepEqual(await page('8001', 9_999), { items: [9_999], next: undefined });
});

test('A page without conditions reads one record more than it answers, and goes on behind the last of them', async () => {
  const sizes: number[] = [];
  const read = async (after = 'a', size: number) => {
    sizes.push(size);
    return ['b', 'c', 'd']
      .filter((place) => place > after)
      .slice(0, size)
      .map((place) => ({ item: place, place }));
  };
  const page = (after?: string) =>
    boundedPage({ after, limit: 2, isFiltered: false, matches: () => true, read });
  assert.deepEqual(await page(), { items: ['b', 'c'], next: 'c' });
  assert.deepEqual(await page('c'), { items: ['d'], next: undefined });
  assert.deepEqual(sizes, [3, 3]);
});
