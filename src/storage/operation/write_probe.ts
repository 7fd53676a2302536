/**
 * Whether the store takes writes: a full disk, a read-only file and a server that is no primary answer every read.
 * It owns one document whose value is the instant of the last proof, which all processes of all nodes share: of
 * any number that ask, one writes, every few seconds.
 */
import type { Clock } from '../../clock.ts';
import type { DocumentStore } from '../documents.ts';

export type WriteProbe = {
  /** Throws StoreUnavailableError where nothing can be written. */
  assertWritable(): Promise<void>;
  /** An operation failed: what was proved before counts no longer. */
  suspect(): void;
};

const documentName = 'write_probe';
/** Milliseconds for which a proof counts. */
const provenForMs = 5000;

export function createWriteProbe({
  documents,
  clock,
}: {
  documents: DocumentStore;
  clock: Clock;
}): WriteProbe {
  let suspected = false;
  return {
    async assertWritable() {
      const proof = await documents.get<number>(documentName);
      const age = clock.now() - (proof?.value ?? 0);
      if (!suspected && age >= 0 && age < provenForMs) return;
      suspected = true;
      // Where another process was faster, its write is the proof.
      await documents.compareAndSet(documentName, proof?.version ?? 0, clock.now());
      suspected = false;
    },
    suspect() {
      suspected = true;
    },
  };
}
