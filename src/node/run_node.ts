/**
 * One node: its worker processes, its management port, its end. Does not know what a worker does.
 */
import type { Config } from '../config/config.ts';
import type { ProcessLog } from '../telemetry/log.ts';
import type { MetricsSnapshot } from '../telemetry/metrics_snapshot.ts';
import { runPrimary } from './primary.ts';
import { exitOnUncaughtError } from './uncaught_errors.ts';

/** What serves requests: one process of a node. */
export type Worker = {
  port: number;
  /** Never throws. Limited in time. */
  ready(): Promise<boolean>;
  metrics(): Promise<MetricsSnapshot>;
  /** Lets running requests finish within their time, then closes everything it holds. */
  close(): Promise<void>;
};

export type NodeOptions = {
  config: Config;
  /** The module that a worker process runs. It calls runWorkerProcess() (worker_process.ts). */
  workerModule: string;
  log: ProcessLog;
  /** Called once, as soon as the public port accepts requests. */
  onListening?: ((ports: { port: number; managementPort: number }) => void) | undefined;
};

/**
 * Runs until a signal or a failure ends it. Resolves with the exit code: 0 for a requested stop, 1 for a
 * failure (the log has the reason). The caller exits with it.
 */
export async function runNode(options: NodeOptions): Promise<number> {
  exitOnUncaughtError(options.log);
  const code = await runPrimary(options);
  await options.log.flush();
  return code;
}
