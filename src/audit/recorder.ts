/**
 * Records events in the audit trail. It owns that an event is durable when recording it resolves, with one
 * write for all events that arrive together. What is recorded is up to the rooms.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { randomId } from '../digests.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import { createBufferedWriter } from './buffered_writer.ts';
import type { ChainRegister } from './chain_register.ts';
import { createChainWriter } from './chain_writer.ts';
import type { AuditRecord, AuditSink } from './events.ts';
import type { SealingKey } from './seals.ts';

export type AuditOptions = {
  store: Pick<AuditStore, 'append'>;
  register: Pick<ChainRegister, 'begin' | 'advance'>;
  key: SealingKey;
  clock: Clock;
  log: { error(fields: object, message: string): void };
  /** How many events may wait to be written. */
  bufferLimit?: number;
};

export type Audit = AuditSink & {
  /**
   * Resolves when the event is durable. Rejects with StoreUnavailableError when the store fails, and with
   * CardeaError `busy` (503) when too many events wait. The caller must then not respond as if it were recorded.
   */
  record(event: AuditRecord): Promise<void>;
  /**
   * For events that happen thousands of times a second and change nothing that others rely on. Delays the
   * response only while the writing lags behind. See BufferedWriter.
   */
  recordSoon(event: AuditRecord): Promise<void>;
  /** Resolves when all events so far were written, or were rejected to their callers. */
  flush(): Promise<void>;
  /** Writes what is waiting, then rejects further events. */
  close(): Promise<void>;
};

type WaitingEvent = { event: AuditEvent; resolve: () => void; reject: (error: unknown) => void };

/** Keeps each write short, however many events wait. */
const maxBatch = 500;

export function createAudit({
  store,
  register,
  key,
  clock,
  log,
  bufferLimit = 10_000,
}: AuditOptions): Audit {
  const chains = { register, key, clock };
  const waitedFor = createChainWriter({ ...chains, append: store.append, repeats: false });
  const routine = createChainWriter({
    ...chains,
    append: (events) => store.append(events, { routine: true }),
    repeats: true,
  });
  const waiting: WaitingEvent[] = [];
  let work: Promise<void> | undefined;
  let closed = false;
  const bufferedWriter = createBufferedWriter({
    ...{ append: routine.append, maxBatch, bufferLimit, clock, log },
  });

  const complete = (record: AuditRecord): AuditEvent => {
    const own = { id: randomId(), at: clock.now() };
    // To take a field out of a copy costs more than all else here, and most records do not have it.
    if (!('forReceivers' in record)) return { ...own, ...record };
    const { forReceivers: _told, ...event } = record;
    return { ...own, ...event };
  };

  async function drain() {
    // Events of one turn share a write, as do those that arrive during it. Waiting longer (2, 5, 10 ms; one
    // process and two on one file) was measured: it slows down each request and speeds up nothing.
    await nextTurn();
    while (waiting.length > 0) await write(waiting.splice(0, maxBatch));
    work = undefined;
  }

  async function write(batch: WaitingEvent[]) {
    try {
      let events = batch.map(({ event }) => event);
      while (events.length > 0) events = events.slice(await waitedFor.append(events));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      log.error({ err: error, events: batch.length }, 'audit events not recorded');
      for (const { reject } of batch) reject(error);
    }
  }

  async function flush() {
    await Promise.all([work, bufferedWriter.flush()]);
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
    recordSoon: (event) => bufferedWriter.add(complete(event)),
    flush,
    async close() {
      closed = true;
      await flush();
      bufferedWriter.stop();
      await Promise.all([waitedFor.flush(), routine.flush()]);
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
