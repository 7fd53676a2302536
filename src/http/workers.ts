/**
 * One node: its worker processes (or the one process that is everything), its management port, its
 * end. Knows nothing of what a worker does.
 */
import cluster from 'node:cluster';
import type { Config } from '../config/config.ts';
import type { ProcessLog } from './log.ts';
import type { MetricsSnapshot } from './metrics.ts';
import { withinTime } from './within_time.ts';

/** What serves requests: a process of a node, or all of it. */
export type Worker = {
  port: number;
  /** Never throws; bounded in time. */
  ready(): Promise<boolean>;
  metrics(): Promise<MetricsSnapshot>;
  /** Running requests finish within their time, then everything that it holds is closed. */
  close(): Promise<void>;
};

export type NodeOptions = {
  config: Config;
  /** Called in each worker process; the primary never calls it, and should not have to load it. */
  startWorker: (config: Config) => Promise<Worker>;
  log: ProcessLog;
  /** Called once, in the process that was started, as soon as the public port takes requests. */
  onListening?: ((ports: { port: number; managementPort: number }) => void) | undefined;
};

/**
 * Runs until a signal or a failure ends it; resolves with the exit code: 0 stopped on demand, 1
 * failed (the log has the reason). The caller exits with it. Worker processes run the same command
 * again and come here as well.
 */
export async function runNode(options: NodeOptions): Promise<number> {
  const { log } = options;
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected error');
    withinTime(log.flush(), 1000, undefined).finally(() => process.exit(1));
  });
  // Each kind of process loads only its own part.
  const code = cluster.isWorker
    ? await (await import('./worker_process.ts')).runWorkerProcess(options)
    : options.config.workers > 1
      ? await (await import('./primary.ts')).runPrimary(options)
      : await (await import('./single_process.ts')).runSingleProcess(options);
  await log.flush();
  return code;
}
