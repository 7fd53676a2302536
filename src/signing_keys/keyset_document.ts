/**
 * The keyset in the store: read, and changed by compare-and-set. Owns what this process knows of the
 * document; what a change is, and why, comes from elsewhere.
 */
import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';
import type { DocumentStore, VersionedDocument } from '../storage/documents.ts';
import type { Algorithm, Keyset } from './keyset.ts';
import type { Change, KeyEvent } from './keyset_changes.ts';
import type { KeyLog } from './snapshot.ts';

export type KeysetDocument = {
  /** As it was read or written last. Version 0: there is none in the store yet. */
  known(): VersionedDocument<Keyset>;
  /** When the read began that answered last; milliseconds since the epoch, 0 before the first. */
  readAt(): number;
  /** Reads it. Calls at the same time share one read. Rejects when the store is lost. */
  read(): Promise<void>;
  /** Writes the change unless another process wrote since `known()`; says whether it did. */
  write(change: Change): Promise<boolean>;
  /**
   * Reads and writes until the change is written or `attempt` asks for none; answers what it wrote.
   * `attempt` is called anew each time another process was faster.
   */
  change(
    attempt: (keyset: Keyset) => Promise<Change | undefined> | Change | undefined,
  ): Promise<Change | undefined>;
};

/** Each failed write is another process's success, so this many in a row mean a fault. */
const mostAttempts = 100;

export function createKeysetDocument({
  name,
  documents,
  clock,
  log,
  algorithm,
  onEvent,
  onAdopted,
}: {
  /** Of the document: one keyset each. */
  name: string;
  documents: DocumentStore;
  clock: Clock;
  log: KeyLog;
  /** Of the keyset that is not there yet. */
  algorithm: Algorithm;
  onEvent: (event: KeyEvent) => void | Promise<void>;
  /** The known document changed. */
  onAdopted: (keyset: Keyset) => void;
}): KeysetDocument {
  let known: VersionedDocument<Keyset> = { version: 0, value: { algorithm, keys: [] } };
  let readAt = 0;
  let reading: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    const startedAt = clock.now();
    const before = known;
    // Where it vanished, what is known of it stays true: published keys must remain published.
    const found = (await documents.get<Keyset>(name)) ?? { version: 0, value: known.value };
    readAt = startedAt;
    // A write of ours during the read is newer. A lower version alone is not older: it may be a restored backup.
    const overtaken = known !== before && found.version < known.version;
    if (found.version !== known.version && !overtaken) adopt(found);
  }

  function adopt(document: VersionedDocument<Keyset>): void {
    known = document;
    onAdopted(document.value);
  }

  async function write({ keyset, events }: Change): Promise<boolean> {
    const expected = known.version;
    if (!(await documents.compareAndSet(name, expected, keyset))) return false;
    // Otherwise a read has brought this one or a newer one already.
    if (known.version === expected) adopt({ version: expected + 1, value: keyset });
    for (const event of events) await tell(event);
    return true;
  }

  /** The change is durable by now: a listener that fails must not make it look undone. */
  async function tell(event: KeyEvent): Promise<void> {
    const { type, kid, reason } = event;
    // That there are keys at all, and a next one behind each, is no news.
    const isNews = type !== 'signing_key.created' && reason !== 'initial';
    log[isNews ? 'info' : 'debug']({ event: type, kid, reason }, 'signing key changed');
    try {
      await onEvent(event);
    } catch (error) {
      log.error({ event: event.type, kid: event.kid, err: error }, 'event of a key not recorded');
    }
  }

  function read(): Promise<void> {
    reading ??= readOnce().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    known: () => known,
    readAt: () => readAt,
    read,
    write,

    async change(attempt) {
      for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
        await readOnce();
        const { version, value } = known;
        const change = await attempt(value);
        if (!change) return undefined;
        if (known.version === version && (await write(change))) return change;
      }
      throw new CardeaError({
        code: 'keyset_contended',
        status: 503,
        message: 'The signing keys are being changed by others all the time. Try again.',
        retryAfter: 1,
      });
    },
  };
}
