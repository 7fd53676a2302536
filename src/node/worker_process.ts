/**
 * A worker process of a node: is given its configuration, starts, answers the primary's questions, stops
 * when told. When the primary is gone, the runtime ends it.
 */
import type { Config } from '../config/config.ts';
import type { ProcessLog } from '../telemetry/log.ts';
import { startFailure } from './start_failure.ts';
import { onStopSignals } from './stop_signals.ts';
import { endOnUnexpected } from './uncaught_errors.ts';
import { asMessage, type ToPrimary, type ToWorker } from './worker_messages.ts';
import type { Worker } from './workers.ts';

type Start = { config: Config; isFirst: boolean };

export type WorkerProcessOptions = {
  /** `isFirst`: whether it acts for the whole node where once is enough. */
  startWorker: (config: Config, log: ProcessLog, isFirst: boolean) => Promise<Worker>;
  createLog: (config: Config) => ProcessLog;
};

/** Resolves with the exit code, when its log is written. */
export async function runWorkerProcess({
  startWorker,
  createLog,
}: WorkerProcessOptions): Promise<number> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: configured, resolve: configure } = Promise.withResolvers<Start>();
  process.on('message', (raw) => {
    const message = asMessage<ToWorker>('worker', raw);
    if (!message || !('say' in message)) return;
    if (message.say === 'start') configure(message);
    else stop();
  });
  const { config, isFirst } = await configured;
  const log = createLog(config);
  endOnUnexpected(log);
  // A service manager may signal the whole group; without these a worker would end at once.
  onStopSignals({ stop, kill: () => process.exit(1), log: { info: log.debug, warn: log.debug } });

  const code = await serve(() => startWorker(config, log, isFirst), stopped, log);
  await log.flush();
  return code;
}

async function serve(
  start: () => Promise<Worker>,
  stopped: Promise<void>,
  log: ProcessLog,
): Promise<number> {
  try {
    // A start may wait for its store; what it has begun ends with the process.
    const worker = await Promise.race([start(), stopped]);
    if (!worker) return 0;
    process.on('message', async (raw) => {
      const message = asMessage<ToWorker>('worker', raw);
      if (!message || !('ask' in message)) return;
      await say({ to: 'primary', id: message.id, answer: await worker[message.ask]() });
    });
    await say({ to: 'primary', say: 'started', port: worker.port });
    await stopped;
    await worker.close();
    return 0;
  } catch (error) {
    // The primary tells, once for the node.
    log.debug({ err: error }, 'worker failed');
    await say({ to: 'primary', say: 'failed', reason: startFailure(error) });
    return 1;
  }
}

/** Resolves when it is on its way, so that an exit right after does not lose it. */
function say(message: ToPrimary): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send?.(message, () => resolve())) resolve();
  });
}
