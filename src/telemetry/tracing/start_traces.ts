/**
 * Starts tracing: the SDK of OpenTelemetry, and its exporter, for one process. Only a node that has somewhere to send
 * traces to loads this file (node/worker.ts). Nothing is registered globally.
 */
import { randomUUID } from 'node:crypto';
import { diag } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from '../../config/config.ts';
import { withinTime } from '../../time_limit.ts';
import { version } from '../../version.ts';
import type { Log } from '../log.ts';
import { createSpans } from './create_spans.ts';
import type { Traces } from './spans.ts';

/** Milliseconds that the end of a process waits for a collector. */
const closeMs = 3000;
/** A collector that is gone is told this often. */
const warnEveryMs = 60_000;

export async function startTraces(
  settings: TracingSettings,
  { log }: { log: Pick<Log, 'warn'> },
): Promise<Traces> {
  const tell = reportFailures(log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.version': version,
      'service.instance.id': randomUUID(),
      ...settings.resource,
    }),
    sampler: createSampler(settings),
    // A queue of limited length, which drops spans when it is full: no request ever waits for a collector.
    spanProcessors: [new BatchSpanProcessor({ exporter: await createExporter(settings) })],
  });
  return {
    ...createSpans(provider.getTracer('cardea', version)),
    async close() {
      const sent = provider.shutdown().then(
        () => true,
        () => false,
      );
      if (!(await withinTime(sent, closeMs, false)))
        tell({ reason: 'no time was left at the end' });
    },
  };
}

async function createExporter({ url, headers, protocol }: TracingSettings): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({ url, headers: { ...headers } });
}

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration */
function createSampler({ sampler, ratio }: TracingSettings): Sampler {
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const name = sampler.replace(/^parentbased_/, '');
  const root = roots[name]?.() ?? new AlwaysOnSampler();
  return name === sampler ? root : new ParentBasedSampler({ root });
}

/** What the SDK has to say goes to the log, without filling it. */
function reportFailures(log: Pick<Log, 'warn'>): (fields: object) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (fields: object) => {
    const now = performance.now();
    if (now - toldAt < warnEveryMs) return;
    toldAt = now;
    log.warn(fields, 'traces could not be sent');
  };
  setGlobalErrorHandler((err) => tell({ err }));
  const say = (reason: string) => tell({ reason });
  const nothing = () => {};
  diag.setLogger({ error: say, warn: say, info: nothing, debug: nothing, verbose: nothing });
  return tell;
}
