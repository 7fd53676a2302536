/**
 * The keyset in the store: reading it, and changing it by compare-and-set. Owns what this process knows of
 * the document, not what changes or why.
 */
import type { Clock } from '../clock.ts';
import type { SigningAlgorithm } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { DocumentStore, VersionedDocument } from '../storage/documents.ts';
import type { KeyringLog } from './keyring_snapshot.ts';
import type { Keyset } from './keyset.ts';
import type { KeysetChange, SigningKeyEvent } from './keyset_changes.ts';

export type KeysetDocument = {
  /** As last read or written. Version 0: none in the store yet. */
  known(): VersionedDocument<Keyset>;
  /** When the last successful read began, in milliseconds since the epoch. 0 before the first. */
  readAt(): number;
  /** Reads the document. Concurrent calls share one read. Rejects when the store is unreachable. */
  read(): Promise<void>;
  /** Writes the change unless another process wrote since `known()`. Returns whether it did. */
  write(change: KeysetChange): Promise<boolean>;
  /**
   * Reads and writes until the change is written or `attempt` returns undefined. Returns what it wrote. Calls
   * `attempt` again each time another process was faster.
   */
  change(
    attempt: (keyset: Keyset) => Promise<KeysetChange | undefined> | KeysetChange | undefined,
  ): Promise<KeysetChange | undefined>;
};

/** Each failed write is another process's success, so this many in a row mean a bug. */
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
  /** The name of the document. Each holds one keyset. */
  name: string;
  documents: DocumentStore;
  clock: Clock;
  log: KeyringLog;
  /** For a keyset that does not exist yet. */
  algorithm: SigningAlgorithm;
  onEvent: (event: SigningKeyEvent) => void | Promise<void>;
  /** Called when the known document changes. */
  onAdopted: (keyset: Keyset) => void;
}): KeysetDocument {
  let known: VersionedDocument<Keyset> = { version: 0, value: { algorithm, keys: [] } };
  let readAt = 0;
  let reading: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    const startedAt = clock.now();
    const before = known;
    // If the document vanished, keep what is known of it: published keys must remain published.
    const found = (await documents.get<Keyset>(name)) ?? { version: 0, value: known.value };
    readAt = startedAt;
    // A write of ours during the read is newer. A lower version by itself is not older: it may be a restored
    // backup.
    const overtaken = known !== before && found.version < known.version;
    if (found.version !== known.version && !overtaken) adopt(found);
  }

  function adopt(document: VersionedDocument<Keyset>): void {
    known = document;
    onAdopted(document.value);
  }

  async function write({ keyset, events }: KeysetChange): Promise<boolean> {
    const expected = known.version;
    if (!(await documents.compareAndSet(name, expected, keyset))) return false;
    // Otherwise a read has already brought this version or a newer one.
    if (known.version === expected) adopt({ version: expected + 1, value: keyset });
    for (const event of events) await tell(event);
    return true;
  }

  /** The change is already durable: a failing listener must not make it look undone. */
  async function tell(event: SigningKeyEvent): Promise<void> {
    const { type, kid, reason } = event;
    // Routine: the first keys of an issuer, and each next key.
    const isNews = type !== 'signing_key.created' && reason !== 'initial';
    log[isNews ? 'info' : 'debug']({ event: type, kid, reason }, 'signing key changed');
    try {
      await onEvent(event);
    } catch (error) {
      log.error(
        { event: event.type, kid: event.kid, err: error },
        'signing key event could not be recorded',
      );
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
        message: 'Other processes keep changing the signing keys. Try again.',
        retryAfter: 1,
      });
    },
  };
}
