/**
 * A worker process of a node: starts, answers the primary's questions, stops when told. When the
 * primary is gone, the runtime ends it.
 */
import { startFailure } from './start_failure.ts';
import { onStopSignals } from './stop_signals.ts';
import { asMessage, type ToPrimary, type ToWorker } from './worker_messages.ts';
import type { NodeOptions } from './workers.ts';

export async function runWorkerProcess({
  config,
  startWorker,
  log,
}: Pick<NodeOptions, 'config' | 'startWorker' | 'log'>): Promise<number> {
  // Resolves when it is on its way, so that an exit right after does not lose it.
  const say = (message: ToPrimary) =>
    new Promise<void>((resolve) => {
      if (!process.send?.(message, () => resolve())) resolve();
    });
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  // A service manager may signal the whole group; without these a worker would end at once.
  onStopSignals({ stop, kill: () => process.exit(1), log: { info: log.debug, warn: log.debug } });
  process.on('message', (raw) => {
    const message = asMessage<ToWorker>('worker', raw);
    if (message && 'say' in message) stop();
  });

  try {
    const worker = await startWorker(config);
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
    const reason = startFailure(error);
    log.error({ err: error }, 'worker failed');
    await say({ to: 'primary', say: 'failed', reason });
    return 1;
  }
}
