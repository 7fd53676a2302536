/**
 * An error that nobody caught leaves a process in a state that nobody knows: it is logged, and the process
 * ends.
 */
import type { ProcessLog } from '../telemetry/log.ts';
import { withinTime } from '../time_limit.ts';

export function endOnUnexpected(log: ProcessLog): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'unexpected error');
    withinTime(log.flush(), 1000, undefined).finally(() => process.exit(1));
  });
}
