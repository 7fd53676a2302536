/**
 * What follows a refresh token. The successor's value is an HMAC of the value it replaces, under a key
 * derived from the master secret: whoever presents a token again within its grace gets the same successor,
 * although only hashes are stored; and a stolen database yields nothing, not even together with a spent
 * token from some log.
 */
import type { Clock } from '../clock.ts';
import { hmacSha256, sha256 } from '../ids.ts';
import type { Secrets } from '../keys/secrets.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';

export type SuccessorTokens = {
  /** The value of the newest token of the family that `value` leads to: the one to hand out now. */
  tipAfter(value: string): Promise<string>;
};

/** A grace of seconds cannot hold more rotations than this; the walk is bounded, whatever is stored. */
const longestWalk = 1000;

export function createSuccessorTokens({
  secrets,
  artifacts,
  clock,
}: {
  secrets: Pick<Secrets, 'deriveAll'>;
  artifacts: Pick<ArtifactStore, 'find'>;
  clock: Clock;
}): SuccessorTokens {
  const keys = secrets.deriveAll('refresh token successor');

  /** While the master secret is being rotated, the stored successor may stem from an older one. */
  const successorOf = async (value: string) => {
    const candidates = keys.map((key) => hmacSha256(key, value));
    for (const candidate of candidates) {
      const artifact = await artifacts.find('RefreshToken', sha256(candidate), clock.now());
      if (artifact) return { value: candidate, artifact };
    }
    return { value: candidates[0] ?? '', artifact: undefined };
  };

  return {
    async tipAfter(value) {
      let tip = value;
      for (let step = 0; step < longestWalk; step += 1) {
        const successor = await successorOf(tip);
        tip = successor.value;
        if (successor.artifact?.consumedAt === undefined) return tip;
      }
      return tip;
    },
  };
}
