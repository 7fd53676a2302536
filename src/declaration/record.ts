/**
 * What the declarative file declared last, and what it once declared and does not any more: one document, from which
 * a start knows what was taken out, and the lists of operators what is whose.
 *
 * Nodes can have files of different age: during a roll-out, or because one was forgotten. A file that was replaced
 * already is known by its digest, and takes nothing out; so what a newer file added is not disabled by an older one,
 * and nothing goes back and forth.
 */
import type { DocumentStore } from '../storage/documents.ts';

/** A user (by id, which is never used again) or a client (by its client_id). */
export type DeclaredName = { kind: 'user' | 'client'; id: string; name: string };
export type RemovedName = DeclaredName & {
  /** Milliseconds since the epoch. */
  at: number;
  /** It was disabled for it; what somebody does afterwards stays. */
  disabled: boolean;
};

export type DeclarationRecord = {
  /** Digests of the files that were applied, the newest last. */
  files: string[];
  declared: DeclaredName[];
  removed: RemovedName[];
};

/** How this start's file stands to those before it. */
export type FileAge = 'new' | 'same' | 'replaced';

const documentName = 'declaration';
/** Far more than anybody rolls out at the same time. */
const keptFiles = 100;

export async function readDeclarationRecord(documents: DocumentStore): Promise<DeclarationRecord> {
  const found = await documents.get<DeclarationRecord>(documentName);
  return found?.value ?? { files: [], declared: [], removed: [] };
}

/**
 * Records what this file declares. `digests`: of this file, the one to be kept first; more than one while the secret
 * rotates. Answers the record as it is from now on.
 */
export async function recordDeclaration(
  documents: DocumentStore,
  {
    digests,
    declared,
    now,
  }: { digests: readonly [string, ...string[]]; declared: readonly DeclaredName[]; now: number },
): Promise<{ age: FileAge; record: DeclarationRecord }> {
  return change(documents, (record) => {
    const age = ageOf(record, digests);
    if (age === 'replaced') return { age, record };
    const keys = new Set(declared.map(keyOf));
    const gone = record.declared
      .filter((one) => !keys.has(keyOf(one)))
      .map((one) => ({ ...one, at: now, disabled: false }));
    const others = record.files.filter((digest) => !digests.includes(digest));
    return {
      age,
      record: {
        files: [...others, digests[0]].slice(-keptFiles),
        declared: [...declared],
        removed: [...record.removed.filter((one) => !keys.has(keyOf(one))), ...gone],
      },
    };
  });
}

/** Notes that these were disabled, and forgets those that are no more. */
export async function noteRemoved(
  documents: DocumentStore,
  { disabled, gone }: { disabled: readonly DeclaredName[]; gone: readonly DeclaredName[] },
): Promise<void> {
  if (disabled.length + gone.length === 0) return;
  const disabledKeys = new Set(disabled.map(keyOf));
  const goneKeys = new Set(gone.map(keyOf));
  await change(documents, (record) => ({
    record: {
      ...record,
      removed: record.removed
        .filter((one) => !goneKeys.has(keyOf(one)))
        .map((one) => (disabledKeys.has(keyOf(one)) ? { ...one, disabled: true } : one)),
    },
  }));
}

function ageOf({ files }: DeclarationRecord, digests: readonly string[]): FileAge {
  const known = files.findLastIndex((digest) => digests.includes(digest));
  if (known < 0) return 'new';
  return known === files.length - 1 ? 'same' : 'replaced';
}

async function change<T extends { record: DeclarationRecord }>(
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

function keyOf({ kind, id }: DeclaredName): string {
  return `${kind}:${id}`;
}
