/**
 * Writes routine events (a token was issued) in batches, after the responses they are about. It owns the
 * limit of that: once an event has waited too long, responses wait for theirs. So whatever the load and
 * however slow the store, kill -9 can lose at most the events of `longestMs` of responses.
 */
import type { Clock } from '../clock.ts';
import type { AuditEvent } from '../storage/audit_events.ts';

export type BufferedWriter = {
  /**
   * Resolves at once while the writing keeps up, otherwise when the event is durable, and after `maxWaitMs` at
   * the latest if the store does not accept it. Such events are kept, up to the buffer limit and the batch that is
   * being written, until it does.
   */
  add(event: AuditEvent): Promise<void>;
  /** Resolves when everything so far was written or attempted. */
  flush(): Promise<void>;
  /** Stops retrying. */
  stop(): void;
};

/** Milliseconds for which events accumulate. The rest of `longestMs` is for the write. */
const bufferMs = 25;
const longestMs = 50;
const maxWaitMs = 1000;
/** Milliseconds until events that could not be written are tried again. */
const retryMs = 1000;

type BufferedEvent = { event: AuditEvent; addedAt: number; release?: () => void };

export function createBufferedWriter({
  append,
  maxBatch,
  bufferLimit,
  clock,
  log,
}: {
  /** Resolves to how many were appended, the first ones. What it rejects is passed to it again, first of all. */
  append: (events: AuditEvent[]) => Promise<number>;
  maxBatch: number;
  bufferLimit: number;
  clock: Clock;
  log: { error(fields: object, message: string): void };
}): BufferedWriter {
  /** Not written yet, oldest first, including those of the current write. */
  const unwritten: BufferedEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let stopped = false;

  const lags = () => {
    const [oldest] = unwritten;
    return oldest !== undefined && clock.now() - oldest.addedAt > longestMs;
  };

  async function write(): Promise<void> {
    let attempted = 0;
    try {
      while (unwritten.length > 0) {
        const batch = unwritten.slice(0, maxBatch);
        attempted = batch.length;
        const count = await append(batch.map(({ event }) => event));
        for (const { release } of unwritten.splice(0, count)) release?.();
        // What arrived during the write keeps accumulating, unless a response waits for it.
        const isWhole = count === batch.length;
        const isWaitedFor = unwritten.some(({ release }) => release);
        if (isWhole && unwritten.length < maxBatch && !isWaitedFor) break;
      }
    } catch (error) {
      // Those of the attempt may be in the trail already, and stay.
      const waiting = unwritten.splice(attempted);
      const lost = Math.max(0, waiting.length - bufferLimit);
      unwritten.push(...waiting.slice(lost));
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
      if (unwritten.length > 0) schedule(bufferMs);
    });
    return writing;
  }

  function schedule(ms: number): void {
    if (!stopped) timer ??= setTimeout(start, ms).unref();
  }

  return {
    add(event) {
      const gathered: BufferedEvent = { event, addedAt: clock.now() };
      unwritten.push(gathered);
      if (!writing) schedule(bufferMs);
      if (!lags()) return Promise.resolve();
      return new Promise((resolve) => {
        const patience = setTimeout(resolve, maxWaitMs);
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
