/**
 * Finishes the revocations, and the events of changes, of processes that died: when a node starts, and regularly
 * afterwards, for other nodes.
 */
import type { Clock } from '../../clock.ts';

export type ResumptionLog = Record<'info' | 'warn', (fields: object, message: string) => void>;

export function createResumption({
  resumers,
  clock,
  log,
  leaveAloneMs = 10_000,
  everyMs = 15_000,
}: {
  /** Each finishes what was left unfinished for so many milliseconds, and answers how much that was. */
  resumers: readonly ((olderThanMs: number) => Promise<number>)[];
  clock: Clock;
  log: ResumptionLog;
  /** Until then, whoever began it may still be working on it. */
  leaveAloneMs?: number;
  everyMs?: number;
}): { start(): Promise<void>; stop(): Promise<void> } {
  const cameAt = clock.now();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let stopped = false;

  const resume = async (olderThanMs: number) => {
    for (const finish of resumers) {
      try {
        const count = await finish(olderThanMs);
        if (count > 0) log.info({ count }, 'finished what a process that died had begun');
      } catch (error) {
        log.warn({ err: error }, 'what was left unfinished could not be resumed, trying again');
      }
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
      // At once what was begun before this process came; what it has begun itself meanwhile is under way.
      await resume(clock.now() - cameAt);
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await work;
    },
  };
}
