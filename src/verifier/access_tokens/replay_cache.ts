/**
 * Remembers DPoP proofs for as long as they could be replayed (RFC 9449 section 11.1), in bounded memory. When
 * full, it refuses new proofs rather than forget old ones. One key may use a tenth of the space, so a single
 * client cannot fill it.
 */
import { sha256 } from '../sha256.ts';

export type ReplayCache = {
  /** Remembers the proof. Times in seconds. */
  add(jkt: string, jti: string, now: number): 'new' | 'replayed' | 'full';
  sweep(now: number): void;
  size(): number;
};

/** `lifetime`: seconds after which a proof accepted now can no longer be accepted. */
export function createReplayCache(capacity: number, lifetime: number): ReplayCache {
  /** Ordered by expiry, because all entries live equally long. */
  const proofs = new Map<string, { until: number; jkt: string }>();
  const counts = new Map<string, number>();
  const maxPerKey = Math.ceil(capacity / 10);

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
      // Hashed because the client chooses the jti and its length.
      const proof = sha256(`${jkt}.${jti}`);
      if (proofs.has(proof)) return 'replayed';
      const count = counts.get(jkt) ?? 0;
      if (proofs.size >= capacity || count >= maxPerKey) sweep(now);
      if (proofs.size >= capacity || (counts.get(jkt) ?? 0) >= maxPerKey) return 'full';
      proofs.set(proof, { until: now + lifetime, jkt });
      counts.set(jkt, (counts.get(jkt) ?? 0) + 1);
      return 'new';
    },
    sweep,
    size: () => proofs.size,
  };
}
