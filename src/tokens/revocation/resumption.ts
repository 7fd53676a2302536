/**
 * Finishes the revocations of processes that died: when a node starts, and regularly afterwards, for other nodes.
 */
import type { KillSwitches } from './kill_switches.ts';

export type ResumptionLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

export function createResumption({
  killSwitches,
  log,
  leaveAloneMs = 10_000,
  everyMs = 15_000,
}: {
  killSwitches: Pick<KillSwitches, 'resume'>;
  log: ResumptionLog;
  /** Until then, whoever began it may still be working on it. */
  leaveAloneMs?: number;
  everyMs?: number;
}): { start(): Promise<void>; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let stopped = false;

  const resume = async (olderThanMs: number) => {
    try {
      const count = await killSwitches.resume(olderThanMs);
      if (count > 0) log.info({ count }, 'finished the revocations of a process that died');
    } catch (error) {
      log.warn({ err: error }, 'unfinished revocations could not be resumed, trying again');
    }
  };
  const schedule = () => {
    if (stopped) return;
    // Several workers look at the same store. Random pauses keep them apart.
    const pause = everyMs * (0.5 + Math.random());
    timer = setTimeout(() => {
      work = resume(leaveAloneMs).finally(schedule);
    }, pause).unref();
  };

  return {
    async start() {
      await resume(0);
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await work;
    },
  };
}
