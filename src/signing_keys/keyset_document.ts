/**
 * The keyset in the store: reading it, and changing it by compare-and-set. Owns what this process knows of
 * the document, not what changes or why.
 */
import type { AuditContext } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { SigningAlgorithm } from '../definitions/oauth.ts';
import { CardeaError } from '../errors.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
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
  /** Writes the change unless another process wrote since `known()`. Returns whether it did. `by`: see `change`. */
  write(change: KeysetChange, by?: AuditContext): Promise<boolean>;
  /**
   * Reads and writes until the change is written or `attempt` returns undefined. Returns what it wrote. Calls
   * `attempt` again each time another process was faster. `by`: whose change it is; undefined: nobody's but time's.
   */
  change(
    attempt: (keyset: Keyset) => Promise<KeysetChange | undefined> | KeysetChange | undefined,
    by?: AuditContext,
  ): Promise<KeysetChange | undefined>;
};

/**
 * Puts the events of a change on record. `write` keeps what is passed to it with the change, and answers whether it
 * wrote; the same is answered here. See ChangeSink.
 */
export type RecordKeyEvents = (
  events: readonly SigningKeyEvent[],
  by: AuditContext | undefined,
  write: (kept: readonly AuditEvent[]) => Promise<boolean>,
) => Promise<boolean>;

/** Each failed write is another process's success, so this many in a row mean a bug. */
const mostAttempts = 100;

export function createKeysetDocument({
  name,
  documents,
  clock,
  log,
  algorithm,
  record,
  onAdopted,
}: {
  /** The name of the document. Each holds one keyset. */
  name: string;
  documents: DocumentStore;
  clock: Clock;
  log: KeyringLog;
  /** For a keyset that does not exist yet. */
  algorithm: SigningAlgorithm;
  record: RecordKeyEvents;
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

  async function write({ keyset, events }: KeysetChange, by?: AuditContext): Promise<boolean> {
    const expected = known.version;
    let isWritten = false;
    try {
      await record(events, by, async (kept) => {
        isWritten = await documents.compareAndSet(name, expected, keyset, kept);
        // Otherwise a read has already brought this version or a newer one.
        if (isWritten && known.version === expected)
          adopt({ version: expected + 1, value: keyset });
        return isWritten;
      });
    } catch (error) {
      if (!isWritten) throw error;
      // The change is durable and must not look undone; its events are kept with it until they are on record.
      log.error({ err: error }, 'signing key events are not on record yet');
    }
    if (isWritten) events.forEach(tell);
    return isWritten;
  }

  function tell({ type, kid, reason }: SigningKeyEvent): void {
    // Routine: the first keys of an issuer, and each next key.
    const isNews = type !== 'signing_key.created' && reason !== 'initial';
    log[isNews ? 'info' : 'debug']({ event: type, kid, reason }, 'signing key changed');
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

    async change(attempt, by) {
      for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
        await readOnce();
        const { version, value } = known;
        const change = await attempt(value);
        if (!change) return undefined;
        if (known.version === version && (await write(change, by))) return change;
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
