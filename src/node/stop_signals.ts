/**
 * The signals that end a process: the first one gracefully, a second one at once.
 */
import type { Log } from '../telemetry/log.ts';

export type StopOptions = {
  /** Called once. */
  stop: () => void;
  /** The second signal: ends without waiting for anything. */
  kill: () => void;
  log: Pick<Log, 'info' | 'warn'>;
};

/** `npm start` passes on a Ctrl-C that the terminal sent to the whole group already: that is one signal. */
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
