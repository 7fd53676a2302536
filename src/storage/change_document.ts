/**
 * How a document is changed: read, decided, and written if nobody was faster, else all of it again.
 */
import type { DocumentStore, VersionedDocument } from './documents.ts';

/**
 * Writes what `decide` makes of the document (undefined: there is none yet), and returns it as it is then; unchanged
 * where `decide` returns the same object. Throws what `decide` throws, and StoreUnavailableError.
 */
export async function updateDocument<T>(
  documents: DocumentStore,
  name: string,
  decide: (value: T | undefined, version: number) => T | Promise<T>,
): Promise<VersionedDocument<T>> {
  for (;;) {
    const found = await documents.get<T>(name);
    const version = found?.version ?? 0;
    const value = await decide(found?.value, version);
    if (found && value === found.value) return found;
    // Each failed write is another process's success.
    if (await documents.compareAndSet(name, version, value)) return { version: version + 1, value };
  }
}
