/**
 * What a process of a node serves: the application on the public port, with its health and metrics.
 */
import { createApp } from '../app/server.ts';
import type { Config, TracingSettings } from '../config/config.ts';
import { untilStoreAnswers } from '../storage/operation/waiting.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { Traces } from '../telemetry/tracing/spans.ts';
import { withTraceIds } from '../telemetry/tracing/traced_log.ts';
import { createHealth } from './health.ts';
import { createHttpServer } from './ports.ts';
import type { Worker } from './run_node.ts';

/**
 * Opens everything and listens. `isFirst`: this worker applies the declarative file for the whole node. Waits
 * for a store that does not respond (CARDEA_STORE_WAIT). Throws CardeaError for a port in use or a store that
 * cannot be opened, ConfigError for clients that would not work.
 */
export async function startWorker(
  config: Config,
  processLog: Log,
  isFirst = true,
): Promise<Worker> {
  const metrics = createMetrics();
  const traces = config.tracing && (await startTracesTo(config.tracing, processLog));
  const log = traces ? withTraceIds(processLog, traces) : processLog;
  const app = await untilStoreAnswers(
    () => createApp({ config, log, metrics, spans: traces, isFirst }),
    { waitMs: config.storeWait * 1000, log },
  );
  const health = createHealth({ store: app });
  const server = createHttpServer({ app: app.application, settings: config, log });
  try {
    const { port } = await server.listen();
    return {
      port,
      ready: health.ready,
      metrics: metrics.snapshot,
      async close() {
        health.stopping();
        app.stopping();
        await server.close();
        await app.close();
        await traces?.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** Loaded only where there is somewhere to send traces to: the SDK is large. */
async function startTracesTo(settings: TracingSettings, log: Log): Promise<Traces> {
  const { startTraces } = await import('../telemetry/tracing/start_traces.ts');
  return startTraces(settings, { log });
}
