/**
 * What the declarative file declared last, and what it no longer declares: one document, from which a start
 * knows what was removed from the file, and operators' listings know what the file manages.
 *
 * Nodes can have files of different age: during a rollout, or because one was forgotten. A file that was
 * already replaced is recognized by its digest and removes nothing. So an older file does not disable what a
 * newer one added, and nothing flips back and forth.
 */
import type { DocumentStore } from '../storage/documents.ts';

/**
 * A user (by id, which is never reused), a client (by client_id), an API (by identifier), or a user's role as an
 * operator (by the user's id).
 */
export type DeclaredName = {
  kind: 'user' | 'client' | 'api' | 'operator';
  id: string;
  name: string;
};
export type RemovedName = DeclaredName & {
  /** Milliseconds since the epoch. */
  at: number;
  /** It was disabled because of this. What someone does afterwards stays. */
  disabled: boolean;
};

export type DeclarationRecord = {
  /** Digests of the applied files, newest last. */
  files: string[];
  declared: DeclaredName[];
  removed: RemovedName[];
};

/** How the file of this start relates to those before it. */
export type FileAge = 'new' | 'same' | 'replaced';

const documentName = 'declaration';
/** Far more than anyone rolls out at the same time. */
const keptFiles = 100;

export async function readDeclarationRecord(documents: DocumentStore): Promise<DeclarationRecord> {
  const found = await documents.get<DeclarationRecord>(documentName);
  return found?.value ?? { files: [], declared: [], removed: [] };
}

/**
 * Records what this file declares. `digests`: of this file, the one to keep first; several while the secret
 * rotates. Returns the new record.
 */
export async function recordDeclaration(
  documents: DocumentStore,
  {
    digests,
    declared,
    now,
  }: { digests: readonly [string, ...string[]]; declared: readonly DeclaredName[]; now: number },
): Promise<{ age: FileAge; record: DeclarationRecord }> {
  return changeDeclarationRecord(documents, (record) => {
    const age = ageOf(record, digests);
    if (age === 'replaced') return { age, record };
    const keys = new Set(declared.map(nameKey));
    const gone = record.declared
      .filter((one) => !keys.has(nameKey(one)))
      .map((one) => ({ ...one, at: now, disabled: false }));
    const others = record.files.filter((digest) => !digests.includes(digest));
    return {
      age,
      record: {
        files: [...others, digests[0]].slice(-keptFiles),
        declared: [...declared],
        removed: [...record.removed.filter((one) => !keys.has(nameKey(one))), ...gone],
      },
    };
  });
}

/** Records that these were disabled, and drops those that no longer exist. */
export async function noteRemoved(
  documents: DocumentStore,
  { disabled, gone }: { disabled: readonly DeclaredName[]; gone: readonly DeclaredName[] },
): Promise<void> {
  if (disabled.length + gone.length === 0) return;
  const disabledKeys = new Set(disabled.map(nameKey));
  const goneKeys = new Set(gone.map(nameKey));
  await changeDeclarationRecord(documents, (record) => ({
    record: {
      ...record,
      removed: record.removed
        .filter((one) => !goneKeys.has(nameKey(one)))
        .map((one) => (disabledKeys.has(nameKey(one)) ? { ...one, disabled: true } : one)),
    },
  }));
}

function ageOf({ files }: DeclarationRecord, digests: readonly string[]): FileAge {
  const known = files.findLastIndex((digest) => digests.includes(digest));
  if (known < 0) return 'new';
  return known === files.length - 1 ? 'same' : 'replaced';
}

async function changeDeclarationRecord<T extends { record: DeclarationRecord }>(
  documents: DocumentStore,
  decide: (record: DeclarationRecord) => T,
): Promise<T> {
  for (;;) {
    const found = await documents.get<DeclarationRecord>(documentName);
    const decided = decide(found?.value ?? { files: [], declared: [], removed: [] });
    if (decided.record === found?.value) return decided;
    // Each failed write is another process's success.
    if (await documents.compareAndSet(documentName, found?.version ?? 0, decided.record)) {
      return decided;
    }
  }
}

function nameKey({ kind, id }: DeclaredName): string {
  return `${kind}:${id}`;
}
