/**
 * Remembers DPoP proofs for as long as they could be used again (RFC 9449 section 11.1), in bounded memory.
 * Full, it refuses instead of forgetting; one key's proofs can take a tenth of it, so that no single client
 * can fill it.
 */
import { sha256 } from '../issuer_keys/key_set.ts';

export type ReplayCache = {
  /** Remembers the proof. Times in seconds. */
  add(jkt: string, jti: string, now: number): 'new' | 'replayed' | 'full';
  sweep(now: number): void;
  size(): number;
};

/** `lifetime`: seconds after which no proof that was accepted now is accepted any more. */
export function createReplayCache(capacity: number, lifetime: number): ReplayCache {
  /** In the order of their expiry, because all live equally long. */
  const proofs = new Map<string, { until: number; jkt: string }>();
  const counts = new Map<string, number>();
  const share = Math.ceil(capacity / 10);

  const sweep = (now: number) => {
    for (const [proof, { until, jkt }] of proofs) {
      if (until >= now) return;
      proofs.delete(proof);
      const left = (counts.get(jkt) ?? 1) - 1;
      if (left > 0) counts.set(jkt, left);
      else counts.delete(jkt);
    }
  };

  return {
    add(jkt, jti, now) {
      // Hashed, because a client chooses its jti, and how long it is.
      const proof = sha256(`${jkt}.${jti}`);
      if (proofs.has(proof)) return 'replayed';
      const count = counts.get(jkt) ?? 0;
      if (proofs.size >= capacity || count >= share) sweep(now);
      if (proofs.size >= capacity || (counts.get(jkt) ?? 0) >= share) return 'full';
      proofs.set(proof, { until: now + lifetime, jkt });
      counts.set(jkt, (counts.get(jkt) ?? 0) + 1);
      return 'new';
    },
    sweep,
    size: () => proofs.size,
  };
}
