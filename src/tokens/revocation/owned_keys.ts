/**
 * The API keys that are revoked together with their owner.
 */
import type { Revocations, RevocationTarget } from './revocations.ts';

/** Revokes the records of API keys. Throws StoreUnavailableError. */
export type ApiKeyRevoker = {
  /**
   * Sets a key's `revokedAt` to `at` (ms) unless it is already set. The key stays revoked when the marker
   * expires. Idempotent.
   */
  revoke(keyId: string, at: number): Promise<void>;
  /** Pages of an owner's keys: the ids of those not yet revoked, and how many were revoked at exactly `at`. */
  keysOf(owner: ApiKeyOwner, at: number): AsyncIterable<{ live: string[]; ended: number }>;
};

type ApiKeyOwner = { projectId: string } | { userId: string };

const mostRounds = 10;

/** Returns how many keys were revoked, including those before a crash. Idempotent. */
export async function revokeKeysOf(
  target: RevocationTarget,
  at: number,
  {
    revocations,
    apiKeyRevoker,
  }: { revocations: Pick<Revocations, 'mark'>; apiKeyRevoker: ApiKeyRevoker },
): Promise<number> {
  if ('apiKey' in target) {
    await apiKeyRevoker.revoke(target.apiKey, at);
    return 1;
  }
  const owner = ownerIn(target);
  if (!owner) return 0;
  let ended = 0;
  let live = 0;
  // Repeat until none is found: a key that was being rotated has a successor by now.
  for (let round = 0; round === 0 || (live > 0 && round < mostRounds); round += 1) {
    [ended, live] = [0, 0];
    for await (const page of apiKeyRevoker.keysOf(owner, at)) {
      for (const id of page.live) {
        await revocations.mark({ apiKey: id });
        await apiKeyRevoker.revoke(id, at);
      }
      live += page.live.length;
      ended += page.live.length + page.ended;
    }
  }
  return ended;
}

/** The owner whose API keys are all revoked, if any. */
export function ownerIn(target: RevocationTarget): ApiKeyOwner | undefined {
  if ('keysOfProject' in target) return { projectId: target.keysOfProject };
  return 'accountId' in target && target.keys ? { userId: target.accountId } : undefined;
}
