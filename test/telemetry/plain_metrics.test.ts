import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import type { MetricsSnapshot } from '../../src/telemetry/metrics_snapshot.ts';
import { createNodeMetrics } from '../../src/telemetry/node_metrics.ts';
import { createPlainCounter, createPlainHistogram } from '../../src/telemetry/plain_metrics.ts';

const labelNames = ['route', 'outcome'] as const;
const buckets = [0.002, 0.01, 1, 2.5];
const counted = { name: 'events_total', help: 'Events.', labelNames };
const timed = { name: 'event_seconds', help: 'Durations.', labelNames, buckets };

const route = fc.constantFrom('token', 'jwks', 'a "quoted"\n\\ one', '__proto__', '');
const outcome = fc.constantFrom('ok', 'failed');
const seconds = fc.oneof(
  fc.constantFrom(...buckets, 0),
  fc.double({ min: 0, max: 5, noNaN: true }),
);
const events = fc.array(fc.record({ route, outcome, seconds }), { maxLength: 40 });

/** `/metrics` of a node with these workers. */
async function exposition(workers: readonly MetricsSnapshot[]): Promise<string> {
  const node = createNodeMetrics();
  for (const [index, worker] of workers.entries()) {
    node.update(index, JSON.parse(JSON.stringify(worker)));
  }
  return (await node.exposition()).body;
}

describe('Metrics that are counted in plain numbers', () => {
  test('Prometheus is shown the same as if prom-client had counted, in the same order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(events, { minLength: 1, maxLength: 3 }), async (workers) => {
        const own: MetricsSnapshot[] = [];
        const library: MetricsSnapshot[] = [];
        for (const worker of workers) {
          const registry = new Registry();
          const options = { registers: [registry] };
          const theirCounter = new Counter({ ...counted, ...options });
          const theirHistogram = new Histogram({ ...timed, ...options });
          const [counter, histogram] = [createPlainCounter(counted), createPlainHistogram(timed)];
          for (const event of worker) {
            const labels = { route: event.route, outcome: event.outcome };
            theirCounter.inc(labels);
            theirHistogram.observe(labels, event.seconds);
            counter.count(event.route, event.outcome);
            histogram.observe(event.seconds, event.route, event.outcome);
          }
          own.push([counter.read(), histogram.read()]);
          library.push((await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot);
        }
        assert.equal(await exposition(own), await exposition(library));
      }),
    );
  });

  test('A scrape that was read does not change with what is counted afterwards', () => {
    const histogram = createPlainHistogram(timed);
    histogram.observe(0.5, 'token', 'ok');
    const read = histogram.read();
    const before = JSON.stringify(read);
    histogram.observe(0.5, 'token', 'ok');
    assert.equal(JSON.stringify(read), before);
    assert.notEqual(JSON.stringify(histogram.read()), before);
  });
});
