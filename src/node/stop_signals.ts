/**
 * The signals that end a process: the first one gracefully, the second one at once.
 */
import type { Log } from '../telemetry/log.ts';

export type StopOptions = {
  /** Called once. */
  stop: () => void;
  /** The second signal: exit without waiting for anything. */
  kill: () => void;
  log: Pick<Log, 'info' | 'warn'>;
};

/** `npm start` forwards a Ctrl-C that the terminal already sent to the whole group. That counts as one signal. */
const sameSignalMs = 500;

export function onStopSignals({ stop, kill, log }: StopOptions): void {
  let firstAt: number | undefined;
  const handle = (signal: string) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      log.info({ signal }, 'stopping');
      stop();
    } else if (performance.now() - firstAt > sameSignalMs) {
      log.warn({ signal }, 'stopping at once');
      kill();
    }
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
}
