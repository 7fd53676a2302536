import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kolmogorovSmirnov, mannWhitney, median } from '../../scripts/bench/people/rank_tests.ts';

const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 0.002, `${value}, not ${expected}`);
const range = (from: number, count: number, step = 1) =>
  Array.from({ length: count }, (_, index) => from + index * step);

describe('The rank tests of the enumeration measure', () => {
  test('Samples that are mostly larger are told apart by both, and equal ones by neither', () => {
    assert.ok(mannWhitney(range(0, 50), range(25, 50)) < 0.0001);
    assert.ok(kolmogorovSmirnov(range(0, 50), range(25, 50)) < 0.0001);
    near(mannWhitney(range(0, 50), range(0, 50)), 1);
    near(kolmogorovSmirnov(range(0, 50), range(0, 50)), 1);
    near(mannWhitney([1, 1, 1], [1, 1, 1]), 1);
  });

  test('A difference of the spread alone is noticed by the one that looks for any', () => {
    const [narrow, wide] = [range(-10, 101, 0.2), range(-100, 101, 2)];
    assert.ok(mannWhitney(narrow, wide) > 0.9);
    assert.ok(kolmogorovSmirnov(narrow, wide) < 0.0001);
  });

  test('The probabilities are those of the published approximations', () => {
    // U = 36 of 12 × 12: z = 2.0496 with the correction for continuity.
    near(mannWhitney(range(0, 12), [...range(3.5, 8), ...range(11.5, 4)]), 0.0404);
    // D = 0.25 of 40 each.
    near(kolmogorovSmirnov(range(0, 40), range(10, 40)), 0.1393);
  });

  test('The median of an even number is between the two in the middle', () => {
    assert.equal(median([9, 1, 2, 4]), 3);
    assert.equal(median([3, 1, 2]), 2);
  });
});
