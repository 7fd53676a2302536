/**
 * A worker process of a node: receives its configuration, starts, answers the primary's questions, and stops
 * when told to. When the primary is gone, the runtime ends it.
 */
import type { Config } from '../config/config.ts';
import type { ProcessLog } from '../telemetry/log.ts';
import type { Worker } from './run_node.ts';
import { startFailure } from './start_failure.ts';
import { onStopSignals } from './stop_signals.ts';
import { exitOnUncaughtError } from './uncaught_errors.ts';
import { asMessage, type ToPrimary, type ToWorker } from './worker_messages.ts';

type StartMessage = { config: Config; isFirst: boolean };

export type WorkerProcessOptions = {
  /** `isFirst`: whether it does what a node needs done only once. */
  startWorker: (config: Config, log: ProcessLog, isFirst: boolean) => Promise<Worker>;
  createLog: (config: Config) => ProcessLog;
};

/** Resolves with the exit code once its log is written. */
export async function runWorkerProcess({
  startWorker,
  createLog,
}: WorkerProcessOptions): Promise<number> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: configured, resolve: configure } = Promise.withResolvers<StartMessage>();
  process.on('message', (raw) => {
    const message = asMessage<ToWorker>('worker', raw);
    if (!message || !('say' in message)) return;
    if (message.say === 'start') configure(message);
    else stop();
  });
  const { config, isFirst } = await configured;
  const log = createLog(config);
  exitOnUncaughtError(log);
  // A service manager may signal the whole group. Without these handlers a worker would exit at once.
  onStopSignals({ stop, kill: () => process.exit(1), log: { info: log.debug, warn: log.debug } });

  const code = await serveUntilStopped(() => startWorker(config, log, isFirst), stopped, log);
  await log.flush();
  return code;
}

async function serveUntilStopped(
  start: () => Promise<Worker>,
  stopped: Promise<void>,
  log: ProcessLog,
): Promise<number> {
  try {
    // A start may wait for its store. Whatever it has begun ends with the process.
    const worker = await Promise.race([start(), stopped]);
    if (!worker) return 0;
    process.on('message', async (raw) => {
      const message = asMessage<ToWorker>('worker', raw);
      if (!message || !('ask' in message)) return;
      await sendToPrimary({ to: 'primary', id: message.id, answer: await worker[message.ask]() });
    });
    await sendToPrimary({ to: 'primary', say: 'started', port: worker.port });
    await stopped;
    await worker.close();
    return 0;
  } catch (error) {
    // The primary logs it, once for the node.
    log.debug({ err: error }, 'worker failed');
    await sendToPrimary({ to: 'primary', say: 'failed', reason: startFailure(error) });
    return 1;
  }
}

/** Resolves when it was sent, so that an exit right afterwards does not lose it. */
function sendToPrimary(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send?.(message, () => resolve())) resolve();
  });
}
