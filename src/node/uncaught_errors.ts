/**
 * An uncaught error leaves a process in an unknown state, so it is logged and the process exits.
 */
import type { ProcessLog } from '../telemetry/log.ts';
import { withinTime } from '../time_limit.ts';

export function exitOnUncaughtError(log: ProcessLog): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected error');
    withinTime(log.flush(), 1000, undefined).finally(() => process.exit(1));
  });
}
