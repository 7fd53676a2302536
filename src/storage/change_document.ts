/**
 * How a document is changed: read, decided, and written if nobody was faster, else all of it again.
 */
import type { AuditEvent } from './audit_events.ts';
import type { DocumentStore, VersionedDocument } from './documents.ts';

/** Answers what `write` answers: whether it wrote. It may pass events, which are kept with what is written. */
type Write<T> = (
  write: (events?: readonly AuditEvent[]) => Promise<boolean>,
  change: { before: T | undefined; after: T },
) => Promise<boolean>;

/**
 * Writes what `decide` makes of the document (undefined: there is none yet), and returns it as it is then; unchanged
 * where `decide` returns the same object. `put` makes each attempt, with what goes on record of it. Throws what these
 * throw, and StoreUnavailableError.
 */
export async function updateDocument<T>(
  documents: DocumentStore,
  name: string,
  decide: (value: T | undefined, version: number) => T | Promise<T>,
  put: Write<T> = (write) => write(),
): Promise<VersionedDocument<T>> {
  for (;;) {
    const found = await documents.get<T>(name);
    const version = found?.version ?? 0;
    const value = await decide(found?.value, version);
    if (found && value === found.value) return found;
    const write = (events?: readonly AuditEvent[]) =>
      documents.compareAndSet(name, version, value, events);
    // Each failed write is another process's success.
    if (await put(write, { before: found?.value, after: value })) {
      return { version: version + 1, value };
    }
  }
}
