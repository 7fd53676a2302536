/**
 * The way into the audit trail. It owns that an event is durable when its recording resolves, at the price of
 * one write for all that arrive together; what is recorded is the rooms' business.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import { randomId } from '../ids.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import type { AuditRecord, AuditSink } from './events.ts';

export type AuditOptions = {
  store: Pick<AuditStore, 'append'>;
  clock: Clock;
  log: { error(fields: object, message: string): void };
  /** How many events may wait to be written. */
  bufferLimit?: number;
  /** Milliseconds for which routine events gather. */
  soonMs?: number;
};

export type Audit = AuditSink & {
  /**
   * Resolves when the event is durable. Rejects with StoreUnavailableError when the store failed, and with
   * CardeaError `busy` (503) when too many wait: the caller must not answer as if it were recorded.
   */
  record(event: AuditRecord): Promise<void>;
  /**
   * Records within `soonMs` without holding up the answer: for what happens thousands of times a second and
   * changes nothing that others rely on. Kept while the store is lost, as far as the buffer goes; what a
   * kill -9 can take is the last `soonMs`.
   */
  recordSoon(event: AuditRecord): void;
  /** Resolves when all events so far were written, or were refused to their callers. */
  flush(): Promise<void>;
  /** Writes what waits; from then on records are refused. */
  close(): Promise<void>;
};

type Waiting = { event: AuditEvent; resolve: () => void; reject: (error: unknown) => void };

/** Keeps one write short, whatever has piled up. */
const maxBatch = 500;
/** Milliseconds until routine events that could not be written are tried again. */
const retryMs = 1000;

export function createAudit({
  store,
  clock,
  log,
  bufferLimit = 10_000,
  soonMs = 50,
}: AuditOptions): Audit {
  const waiting: Waiting[] = [];
  let work: Promise<void> | undefined;
  let closed = false;
  let soon: AuditEvent[] = [];
  let soonTimer: NodeJS.Timeout | undefined;
  let soonWork: Promise<void> = Promise.resolve();

  const complete = (event: AuditRecord): AuditEvent => ({
    id: randomId(),
    at: clock.now(),
    ...event,
  });

  async function drain() {
    // Events of one turn share a write, and so do those that arrive during it. Waiting longer (2, 5, 10 ms;
    // one process and two on one file) was measured: it makes each request slower and the whole no faster.
    await nextTurn();
    while (waiting.length > 0) await write(waiting.splice(0, maxBatch));
    work = undefined;
  }

  async function write(batch: Waiting[]) {
    try {
      await store.append(batch.map(({ event }) => event));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      log.error({ err: error, events: batch.length }, 'audit events not recorded');
      for (const { reject } of batch) reject(error);
    }
  }

  /** One after the other, so that whoever waits for the last has waited for all. */
  function writeSoon(): Promise<void> {
    soonTimer = undefined;
    soonWork = soonWork.then(writeGathered);
    return soonWork;
  }

  async function writeGathered() {
    const events = soon;
    soon = [];
    try {
      while (events.length > 0) {
        await store.append(events.slice(0, maxBatch));
        events.splice(0, maxBatch);
      }
    } catch (error) {
      const lost = Math.max(0, events.length + soon.length - bufferLimit);
      soon = [...events.slice(lost), ...soon];
      log.error(
        { err: error, waiting: soon.length, lost },
        'routine audit events not recorded yet',
      );
      schedule(retryMs);
    }
  }

  function schedule(ms: number) {
    soonTimer ??= setTimeout(writeSoon, ms).unref();
  }

  async function flush() {
    clearTimeout(soonTimer);
    await Promise.all([work, writeSoon()]);
  }

  return {
    record: (event) =>
      new Promise((resolve, reject) => {
        if (closed || waiting.length >= bufferLimit) {
          reject(busy(closed ? 'the recorder is closed' : `${bufferLimit} events wait`));
          return;
        }
        waiting.push({ event: complete(event), resolve, reject });
        work ??= drain();
      }),
    recordSoon(event) {
      soon.push(complete(event));
      schedule(soonMs);
    },
    flush,
    async close() {
      closed = true;
      await flush();
      clearTimeout(soonTimer);
    },
  };
}

function busy(reason: string): CardeaError {
  return new CardeaError({
    code: 'busy',
    status: 503,
    message: 'Too many requests at the moment. Try again shortly.',
    cause: new Error(reason),
    retryAfter: 2,
  });
}
