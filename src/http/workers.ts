/**
 * One node: its worker processes (or the one process that is everything), its management port, its
 * end. Knows nothing of what a worker does.
 */
import type { Config } from '../config/config.ts';
import type { ProcessLog } from './log.ts';
import type { MetricsSnapshot } from './metrics.ts';
import { endOnUnexpected } from './unexpected.ts';

/** What serves requests: a process of a node, or all of it. */
export type Worker = {
  port: number;
  /** Never throws; bounded in time. */
  ready(): Promise<boolean>;
  metrics(): Promise<MetricsSnapshot>;
  /** Running requests finish within their time, then everything that it holds is closed. */
  close(): Promise<void>;
};

export type StartWorker = (config: Config) => Promise<Worker>;

export type NodeOptions = {
  config: Config;
  /** Called where one process is everything; a primary never calls it, and should not have to load it. */
  startWorker: StartWorker;
  /** The module that a worker process runs: it calls runWorkerProcess() (worker_process.ts). */
  workerModule: string;
  log: ProcessLog;
  /** Called once, in the process that was started, as soon as the public port takes requests. */
  onListening?: ((ports: { port: number; managementPort: number }) => void) | undefined;
};

/**
 * Runs until a signal or a failure ends it; resolves with the exit code: 0 stopped on demand, 1
 * failed (the log has the reason). The caller exits with it.
 */
export async function runNode(options: NodeOptions): Promise<number> {
  const { log } = options;
  endOnUnexpected(log);
  // Each kind of process loads only its own part.
  const code =
    options.config.workers > 1
      ? await (await import('./primary.ts')).runPrimary(options)
      : await (await import('./single_process.ts')).runSingleProcess(options);
  await log.flush();
  return code;
}
