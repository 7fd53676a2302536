/**
 * Routine events (a token was issued) are written behind the answers that they are about, many at a time. It owns
 * the bound of that: as soon as an event has waited longer than it may, answers wait for theirs. So whatever the
 * load and however slow the store, what a kill -9 can take are the events of `longestMs` of answers.
 */
import type { Clock } from '../clock.ts';
import type { AuditEvent } from '../storage/audit_events.ts';

export type Gathering = {
  /**
   * Resolves at once while the writing keeps up, else when the event is durable; at the latest after `patienceMs`,
   * when the store does not take it. Kept then, as far as the buffer goes, until the store does.
   */
  add(event: AuditEvent): Promise<void>;
  /** Resolves when all so far were written, or were tried. */
  flush(): Promise<void>;
  /** Tries no more. */
  stop(): void;
};

/** Milliseconds for which events gather: the rest of `longestMs` is for the write. */
const gatherMs = 25;
const longestMs = 50;
const patienceMs = 1000;
/** Milliseconds until events that could not be written are tried again. */
const retryMs = 1000;

type Gathered = { event: AuditEvent; addedAt: number; release?: () => void };

export function createGathering({
  append,
  maxBatch,
  bufferLimit,
  clock,
  log,
}: {
  append: (events: AuditEvent[]) => Promise<void>;
  maxBatch: number;
  bufferLimit: number;
  clock: Clock;
  log: { error(fields: object, message: string): void };
}): Gathering {
  /** Not written yet, oldest first; those of the write that is under way included. */
  let unwritten: Gathered[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let stopped = false;

  const lags = () => {
    const [oldest] = unwritten;
    return oldest !== undefined && clock.now() - oldest.addedAt > longestMs;
  };

  async function write(): Promise<void> {
    try {
      while (unwritten.length > 0) {
        const batch = unwritten.slice(0, maxBatch);
        await append(batch.map(({ event }) => event));
        unwritten.splice(0, batch.length);
        for (const { release } of batch) release?.();
        // What came during the write gathers on, unless an answer waits for it.
        if (unwritten.length < maxBatch && !unwritten.some(({ release }) => release)) break;
      }
    } catch (error) {
      const lost = Math.max(0, unwritten.length - bufferLimit);
      unwritten = unwritten.slice(lost);
      const fields = { err: error, waiting: unwritten.length, lost };
      log.error(fields, 'routine audit events not recorded yet');
      schedule(retryMs);
    }
  }

  function start(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing ??= write().finally(() => {
      writing = undefined;
      if (unwritten.length > 0) schedule(gatherMs);
    });
    return writing;
  }

  function schedule(ms: number): void {
    if (!stopped) timer ??= setTimeout(start, ms).unref();
  }

  return {
    add(event) {
      const gathered: Gathered = { event, addedAt: clock.now() };
      unwritten.push(gathered);
      if (!writing) schedule(gatherMs);
      if (!lags()) return Promise.resolve();
      return new Promise((resolve) => {
        const patience = setTimeout(resolve, patienceMs);
        gathered.release = () => {
          clearTimeout(patience);
          resolve();
        };
      });
    },
    async flush() {
      await writing;
      await start();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
