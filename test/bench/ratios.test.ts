import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keyOf, type Result } from '../../scripts/bench/measuring.ts';
import type { Run } from '../../scripts/bench/paths.ts';
import { type Ratio, ratioIn, ratiosFor } from '../../scripts/bench/ratios.ts';
import { falls } from '../../scripts/bench/recorded.ts';
import { runsOf } from '../../scripts/bench/selection.ts';

const over: Run = { path: 'jwks', server: 'Cardea', processes: 'all' };
const single: Run = { path: 'jwks', server: 'bare library', processes: 'one' };
const several: Run = { path: 'jwks', server: 'bare library', processes: 'all' };
const rate: Ratio = { name: 'rate', over, under: [single, several], target: 1 };
const slowest: Ratio = { ...rate, name: 'p99', what: 'p99' };

function results(...measured: [Run, Result][]): Map<string, Result> {
  return new Map(measured.map(([run, result]) => [keyOf(run), result]));
}

describe('The ratios of the bench', () => {
  test('The best of several yardsticks is the one that a path is compared with', () => {
    const all = results(
      [over, { rate: 900, p99: 6 }],
      [single, { rate: 600, p99: 1 }],
      [several, { rate: 1000, p99: 12 }],
    );
    assert.equal(ratioIn(rate, all), 0.9);
    assert.equal(ratioIn(slowest, all), 0.5);
  });

  test('What was not measured has no ratio', () => {
    assert.equal(ratioIn(rate, results([over, { rate: 900 }])), undefined);
  });

  test('A rate that is more than a fifth lower than recorded has fallen, and one that is less than that has not', () => {
    const recorded = { rate: 1 };
    const at = (value: number) => results([over, { rate: value }], [single, { rate: 100 }]);
    assert.deepEqual(falls([rate], at(81), recorded), []);
    assert.deepEqual(falls([rate], at(79), recorded), [{ ratio: rate, value: 0.79, recorded: 1 }]);
  });

  test('A p99 that is more than a quarter higher than recorded has fallen', () => {
    const recorded = { p99: 1 };
    const at = (p99: number) => results([over, { rate: 1, p99 }], [single, { rate: 1, p99: 10 }]);
    assert.deepEqual(falls([slowest], at(12.4), recorded), []);
    assert.equal(falls([slowest], at(12.6), recorded).length, 1);
  });

  test('A ratio that nobody recorded cannot have fallen', () => {
    const all = results([over, { rate: 1 }], [single, { rate: 100 }]);
    assert.deepEqual(falls([rate], all, {}), []);
  });

  test('A named path brings what it is compared with, each once, and no other path', () => {
    const runs = runsOf(['jwt-introspection'], ratiosFor(2), false).map(keyOf);
    assert.deepEqual(runs, [
      'jwt-introspection, Cardea, all',
      'opaque-introspection, bare library, one',
      'jwt-introspection, Cardea, one',
    ]);
  });
});
