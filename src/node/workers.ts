/**
 * One node: its worker processes, its management port, its end. Knows nothing of what a worker does.
 */
import type { Config } from '../config/config.ts';
import type { ProcessLog } from '../telemetry/log.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { runPrimary } from './primary.ts';
import { endOnUnexpected } from './uncaught_errors.ts';

/** What serves requests: one process of a node. */
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
  /** The module that a worker process runs: it calls runWorkerProcess() (worker_process.ts). */
  workerModule: string;
  log: ProcessLog;
  /** Called once, as soon as the public port takes requests. */
  onListening?: ((ports: { port: number; managementPort: number }) => void) | undefined;
};

/**
 * Runs until a signal or a failure ends it; resolves with the exit code: 0 stopped on demand, 1
 * failed (the log has the reason). The caller exits with it.
 */
export async function runNode(options: NodeOptions): Promise<number> {
  endOnUnexpected(options.log);
  const code = await runPrimary(options);
  await options.log.flush();
  return code;
}
