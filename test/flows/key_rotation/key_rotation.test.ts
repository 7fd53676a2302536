import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProcessNodes } from '../../support/nodes.ts';
import { eachEngine } from '../../support/stores.ts';
import { declaration } from './configuration.ts';
import { loadUnderRotation } from './load.ts';

const seconds = 10;
/** A key signs for two seconds; the first may have begun before. */
const rotations = Math.floor(seconds / 2) - 1;

await eachEngine((stores) => {
  test('Two nodes rotate their signing keys under load, and no verifier refuses a token', async (t) => {
    const nodes = await startProcessNodes({ store: await stores.freshUrl(), declaration });
    t.after(() => Promise.all(nodes.map((node) => node.close())));
    const [{ issuer }] = nodes;
    const report = await loadUnderRotation({ issuer, nodes, seconds, askers: 4, pauseMs: 20 });

    assert.deepEqual(report.failures, []);
    assert.ok(report.kids.length >= rotations, `${report.kids.length} keys in ${seconds} s`);
    assert.ok(report.fetches <= nodes.length * report.kids.length, 'fetched for new kids only');
    assert.ok(report.tokens > 50, `${report.tokens} tokens`);
    t.diagnostic(`${report.tokens} tokens of ${report.kids.length} keys`);
  });
});
