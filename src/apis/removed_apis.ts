/**
 * When identifiers of APIs were given up: an API that gets one later is another, and what the first was granted is not
 * for it. One document with a digest for each; the oldest go first.
 */
import { sha256 } from '../digests.ts';
import { updateDocument } from '../storage/change_document.ts';
import type { DocumentStore } from '../storage/documents.ts';

type RemovedDocument = { at: Record<string, number> };

const documentName = 'removed_apis';
const mostKept = 10_000;

/** No two removals of an identifier have the same time. Throws StoreUnavailableError. */
export async function noteRemovedApi(
  documents: DocumentStore,
  identifier: string,
  now: number,
): Promise<void> {
  await updateDocument<RemovedDocument>(documents, documentName, ({ at } = { at: {} }) => {
    const { [nameOf(identifier)]: earlier = 0, ...others } = at;
    const all = [...Object.entries(others), [nameOf(identifier), Math.max(now, earlier + 1)]];
    return { at: Object.fromEntries(all.slice(-mostKept)) };
  });
}

/** Milliseconds since the epoch; 0: it was never given up. */
export async function removedAt(documents: DocumentStore, identifier: string): Promise<number> {
  const found = await documents.get<RemovedDocument>(documentName);
  return found?.value.at[nameOf(identifier)] ?? 0;
}

function nameOf(identifier: string): string {
  return sha256(identifier).slice(0, 22);
}
