import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { TracingSettings } from '../../src/config/config.ts';
import { CardeaError } from '../../src/errors.ts';
import type { RequestSpan, Traces } from '../../src/telemetry/tracing/spans.ts';
import { startTraces } from '../../src/telemetry/tracing/start_traces.ts';
import { type CollectedSpan, startCollector } from '../flows/traces/collector.ts';

const log = { warn: () => {} };

/** What arrives of what `act` does. */
async function collect(
  act: (traces: Traces) => Promise<void>,
  settings: Partial<TracingSettings> = {},
) {
  const collector = await startCollector();
  const traces = await startTraces(
    {
      ...{ url: `${collector.url}/v1/traces`, protocol: 'http/json', headers: {}, resource: {} },
      ...{ sampler: 'parentbased_always_on', ratio: 1, ...settings },
    },
    { log },
  );
  await act(traces);
  await traces.close();
  await collector.close();
  return collector;
}

const begin = (traces: Traces, headers: Record<string, string> = {}, isTrusted = false) =>
  traces.begin({ method: 'GET', headers, isTrusted });
const end = (span: RequestSpan) => span.end({ name: 'GET /', attributes: {}, hasFailed: false });
const run = <T>(span: RequestSpan, work: () => Promise<T>) =>
  new Promise<T>((resolve, reject) => span.run(() => void work().then(resolve, reject)));
const named = (spans: CollectedSpan[], name: string) => spans.find((span) => span.name === name);

describe('Tracing', () => {
  test('Steps of parallel requests hang below their own request', async () => {
    const collector = await collect(async (traces) => {
      const request = async (step: string) => {
        const span = begin(traces);
        await run(span, () =>
          traces.step(step, async () => {
            await turn();
            await traces.step(`${step} inner`, turn);
          }),
        );
        end(span);
        return span.traceId;
      };
      const [first, second] = await Promise.all([request('first'), request('second')]);
      assert.notEqual(first, second);
    });
    const spans = collector.spans();
    const [first, inner] = [named(spans, 'first'), named(spans, 'first inner')];
    assert.equal(inner?.parentSpanId, first?.spanId);
    assert.equal(inner?.traceId, first?.traceId);
    assert.notEqual(named(spans, 'second')?.traceId, first?.traceId);
  });

  test('What a request leaves running is no part of it, and work outside of requests is no trace', async () => {
    const collector = await collect(async (traces) => {
      const left = Promise.withResolvers<void>();
      const span = begin(traces);
      const later = run(span, async () => {
        await left.promise;
        assert.equal(traces.traceId(), undefined);
        await traces.step('later', turn);
        return traces.call('GET', {}, async ({ traceparent }) => traceparent);
      });
      end(span);
      left.resolve();
      assert.ok(!(await later).includes(span.traceId));
      await traces.step('outside', turn);
    });
    const spans = collector.spans();
    assert.deepEqual(spans.map(({ name }) => name).sort(), ['GET', 'GET /']);
  });

  test('An error is told by its code, never by its text', async () => {
    const collector = await collect(async (traces) => {
      const span = begin(traces);
      const fails = (name: string, error: unknown) =>
        run(span, () => traces.step(name, () => Promise.reject(error))).catch(() => {});
      const message = 'alice@example.com said so';
      await fails('refused', new CardeaError({ code: 'invalid_password', status: 400, message }));
      await fails('failed', new CardeaError({ code: 'store_unavailable', status: 503, message }));
      const cause = Object.assign(new Error(message), { code: 'ECONNREFUSED' });
      await fails('unreachable', new TypeError(message, { cause }));
      await fails('strange', Object.assign(new Error(message), { name: message, code: message }));
      await fails('text', message);
      end(span);
    });
    const facts = collector
      .spans()
      .filter(({ kind }) => kind === 1)
      .map(({ name, attributes, status }) => [name, attributes['error.type'], status?.code ?? 0]);
    assert.deepEqual(facts, [
      ['refused', 'invalid_password', 0],
      ['failed', 'store_unavailable', 2],
      ['unreachable', 'ECONNREFUSED', 2],
      ['strange', 'other', 2],
      ['text', 'other', 2],
    ]);
    assert.ok(!collector.received.some(({ body }) => body.includes('alice')));
  });

  test('A stranger cannot have a request traced, whatever trace it names', async () => {
    const header = { traceparent: '00-00000000000000000000000000000001-00f067aa0ba902b7-01' };
    for (const sampler of ['parentbased_traceidratio', 'traceidratio', 'parentbased_always_off']) {
      const collector = await collect(async (traces) => end(begin(traces, header)), {
        ...{ sampler, ratio: 0 },
      });
      assert.equal(collector.received.length, 0);
    }
    const trusted = await collect(async (traces) => end(begin(traces, header, true)), {
      ...{ sampler: 'parentbased_always_off' },
    });
    assert.equal(trusted.spans().length, 1);
  });

  test('What is not sampled names its trace in the log, and carries it on as unsampled', async () => {
    const collector = await collect(
      async (traces) => {
        const span = begin(traces);
        const sent = await run(span, async () => {
          assert.equal(traces.traceId(), span.traceId);
          return traces.call('GET', {}, async ({ traceparent }) => traceparent);
        });
        assert.match(sent, new RegExp(`^00-${span.traceId}-[0-9a-f]{16}-00$`));
        end(span);
      },
      { sampler: 'always_off' },
    );
    assert.equal(collector.received.length, 0);
  });

  test('Traces are sent as protobuf where that is configured', async () => {
    const collector = await collect(async (traces) => end(begin(traces)), {
      protocol: 'http/protobuf',
    });
    const [first] = collector.received;
    assert.equal(first?.headers['content-type'], 'application/x-protobuf');
    assert.ok(first?.body.includes('GET /'));
  });
});
