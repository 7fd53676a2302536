/**
 * Names whose servers never answer. The system looks four names up at a time for the whole process, each for many
 * seconds, and no time limit ends that: whoever may name hosts must not take all four.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutboundFetch } from '../../src/net/outbound.ts';

const threads = 4;

test('Names that strangers give leave room to look others up, also after their requests were given up', async () => {
  let pending = 0;
  const fetch = createOutboundFetch({
    allow: [],
    log: { warn: () => undefined },
    timeLimit: 50,
    lookup: () => {
      pending += 1;
    },
  });
  const names = Array.from({ length: 2 * threads }, (_, index) => `https://h${index}.example/`);
  const outcomes = await Promise.allSettled(names.map((name) => fetch(name)));
  assert.ok(outcomes.every(({ status }) => status === 'rejected'));
  assert.ok(pending < threads, `${pending} names are being looked up`);
});
