/**
 * A node of one process: the worker and the management port in it.
 */
import { createListener } from './listener.ts';
import { createManagement } from './management.ts';
import { createNodeMetrics } from './node_metrics.ts';
import { startFailure } from './start_failure.ts';
import { onStopSignals } from './stop_signals.ts';
import type { NodeOptions, Worker } from './workers.ts';

/** Closing beyond this (milliseconds) is given up. */
const stopDeadline = 15_000;

export async function runSingleProcess({
  config,
  startWorker,
  log,
  onListening,
}: NodeOptions): Promise<number> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let worker: Worker | undefined;
  let stopping = false;
  onStopSignals({
    stop: () => {
      stopping = true;
      setTimeout(() => {
        log.error({}, 'closing took too long');
        process.exit(1);
      }, stopDeadline).unref();
      stop();
    },
    kill: () => process.exit(1),
    log,
  });

  const nodeMetrics = createNodeMetrics();
  const management = createListener({
    handler: createManagement({
      ready: async () => !stopping && ((await worker?.ready()) ?? false),
      metrics: async () => {
        if (worker) nodeMetrics.update(0, await worker.metrics());
        return nodeMetrics.exposition();
      },
      log,
    }).callback(),
    host: config.host,
    port: config.managementPort,
    portVariable: 'CARDEA_MANAGEMENT_PORT',
    log,
  });

  try {
    const managementPort = await management.listen();
    worker = await startWorker(config);
    log.info({ port: worker.port, management_port: managementPort, workers: 1 }, 'listening');
    onListening?.({ port: worker.port, managementPort });
  } catch (error) {
    log.fatal({ err: error, reason: startFailure(error) }, 'could not start');
    await management.close();
    return 1;
  }

  try {
    await stopped;
    await worker.close();
    await management.close();
    log.info({}, 'stopped');
    return 0;
  } catch (error) {
    log.error({ err: error }, 'closing failed');
    return 1;
  }
}
