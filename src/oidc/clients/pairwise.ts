/**
 * Pairwise subject identifiers (OpenID Connect Core 8.1): the same person, another name for each sector. The
 * salt must outlive every rotation of the master secret, or all names would change: it is made once, and kept
 * sealed in a document.
 */
import { randomBytes } from 'node:crypto';
import { hmacSha256 } from '../../digests.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { DocumentStore } from '../../storage/documents.ts';

const documentName = 'pairwise_salt';
const purpose = 'pairwise salt';

type SealedSalt = { sealed: string };

export type PairwiseSubjects = {
  /** `sector`: the host that the client's redirect URIs share, or that of its sector identifier. */
  subject(accountId: string, sector: string): string;
};

export async function loadPairwiseSubjects({
  documents,
  secrets,
}: {
  documents: DocumentStore;
  secrets: Secrets;
}): Promise<PairwiseSubjects> {
  const salt = await loadSalt(documents, secrets);
  return { subject: (accountId, sector) => hmacSha256(salt, `${sector} ${accountId}`) };
}

async function loadSalt(documents: DocumentStore, secrets: Secrets): Promise<Buffer> {
  const stored = await documents.get<SealedSalt>(documentName);
  if (!stored) {
    const sealed = secrets.seal(purpose, randomBytes(32));
    await documents.compareAndSet<SealedSalt>(documentName, 0, { sealed });
    return loadSalt(documents, secrets);
  }
  const salt = secrets.open(purpose, stored.value.sealed);
  if (!secrets.sealedByFirst(stored.value.sealed)) {
    const sealed = secrets.seal(purpose, salt);
    // Another process may have been faster; both have sealed the same salt.
    await documents.compareAndSet<SealedSalt>(documentName, stored.version, { sealed });
  }
  return salt;
}
