/**
 * Repeated calls that create a key: a caller that does not know whether its first request arrived sends it
 * again with the same Idempotency-Key and gets the same response. For that, the new key is kept for a few
 * minutes, sealed, under a hash of the caller and the Idempotency-Key; nothing else can find or open it.
 */
import type { Clock } from '../../clock.ts';
import { serverLimits } from '../../definitions/limits.ts';
import { equalDigests, randomId } from '../../digests.ts';
import { contentDigest, idempotencyKeyReused, idempotencyRecordId } from '../../idempotency.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import { maxAttempts } from '../../storage/change_record.ts';
import { keyConflict } from './key_writer.ts';

/** A request and the name (Idempotency-Key) under which it may be repeated. */
type IdempotentRequest = {
  /** Two callers may use the same Idempotency-Key for different requests. */
  caller: string;
  /** Absent: the request cannot be repeated. */
  idempotencyKey?: string | undefined;
  /** The request as it was sent; any JSON. */
  content: unknown;
};

/**
 * A generated key that may not be stored yet; the same one whenever the call is repeated. `at`: milliseconds
 * since the epoch.
 */
export type MintedKey = { id: string; key: string; at: number };

export type IdempotentRequests = {
  /**
   * The key that an earlier call with the same Idempotency-Key generated. Throws CardeaError
   * `idempotency_key_reused` (422), `invalid_idempotency_key` (400).
   */
  findMinted(request: IdempotentRequest): Promise<MintedKey | undefined>;
  /** Generates a key, or returns the one that an earlier call generated. Throws the same errors. */
  mint(request: IdempotentRequest, newKey: () => string): Promise<MintedKey>;
};

const artifactKind = 'ApiKeyAttempt';

export function createIdempotentRequests({
  artifacts,
  secrets,
  clock,
}: {
  artifacts: Pick<ArtifactStore, 'find' | 'insert'>;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  clock: Clock;
}): IdempotentRequests {
  const findMinted: IdempotentRequests['findMinted'] = async ({
    caller,
    idempotencyKey,
    content,
  }) => {
    if (idempotencyKey === undefined) return undefined;
    const id = idempotencyRecordId(caller, idempotencyKey);
    const artifact = await artifacts.find(artifactKind, id, clock.now());
    if (!artifact) return undefined;
    const { digest, sealed } = artifact.payload as { digest: string; sealed: string };
    if (!equalDigests(digest, contentDigest(content))) throw idempotencyKeyReused();
    return JSON.parse(secrets.open(sealingPurpose(id), sealed).toString()) as MintedKey;
  };

  return {
    findMinted,

    async mint(request, newKey) {
      const now = clock.now();
      const minted = { id: `key_${randomId()}`, key: newKey(), at: now };
      if (request.idempotencyKey === undefined) return minted;
      const id = idempotencyRecordId(request.caller, request.idempotencyKey);
      const payload = {
        digest: contentDigest(request.content),
        sealed: secrets.seal(sealingPurpose(id), JSON.stringify(minted)),
      };
      const artifact = {
        kind: artifactKind,
        id,
        payload,
        expiresAt: now + serverLimits.idempotencyMs,
      };
      for (let count = 0; count < maxAttempts; count += 1) {
        if (await artifacts.insert(artifact, clock.now())) return minted;
        const found = await findMinted(request);
        if (found) return found;
      }
      throw keyConflict();
    },
  };
}

/** Bound to its own id: what was sealed for one request cannot be opened for another. */
function sealingPurpose(id: string): string {
  return `api key attempt ${id}`;
}
