/**
 * The way into the audit trail. It owns that an event is durable when its recording resolves, at the price of
 * one write for all that arrive together; what is recorded is the rooms' business.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import type { AuditRecord, AuditSink } from './events.ts';
import { createGathering } from './gathering.ts';

export type AuditOptions = {
  store: Pick<AuditStore, 'append'>;
  clock: Clock;
  log: { error(fields: object, message: string): void };
  /** How many events may wait to be written. */
  bufferLimit?: number;
};

export type Audit = AuditSink & {
  /**
   * Resolves when the event is durable. Rejects with StoreUnavailableError when the store failed, and with
   * CardeaError `busy` (503) when too many wait: the caller must not answer as if it were recorded.
   */
  record(event: AuditRecord): Promise<void>;
  /**
   * For what happens thousands of times a second and changes nothing that others rely on: holds up the answer
   * only while the writing lags. See Gathering.
   */
  recordSoon(event: AuditRecord): Promise<void>;
  /** Resolves when all events so far were written, or were refused to their callers. */
  flush(): Promise<void>;
  /** Writes what waits; from then on records are refused. */
  close(): Promise<void>;
};

type Waiting = { event: AuditEvent; resolve: () => void; reject: (error: unknown) => void };

/** Keeps one write short, whatever has piled up. */
const maxBatch = 500;

export function createAudit({ store, clock, log, bufferLimit = 10_000 }: AuditOptions): Audit {
  const waiting: Waiting[] = [];
  let work: Promise<void> | undefined;
  let closed = false;
  const gathering = createGathering({
    ...{ append: (events) => store.append(events), maxBatch, bufferLimit, clock, log },
  });

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

  async function flush() {
    await Promise.all([work, gathering.flush()]);
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
    recordSoon: (event) => gathering.add(complete(event)),
    flush,
    async close() {
      closed = true;
      await flush();
      gathering.stop();
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
