/**
 * What follows a refresh token. The successor's value is an HMAC of the value it replaces, under a key
 * derived from the master secret: whoever presents a token again within its grace gets the same successor,
 * although only hashes are stored; and a stolen database yields nothing, not even together with a spent
 * token from some log.
 *
 * Each token is stored with the name of the key for its successor. So nodes agree on the successor also
 * while the master secret is being rotated and one node has its secrets in another order than the next.
 */
import type { Clock } from '../../clock.ts';
import { hmacSha256, sha256 } from '../../digests.ts';
import type { Secrets } from '../../secrets/room.ts';
import type { Artifact, ArtifactStore } from '../../storage/artifacts.ts';

export type SuccessorTokens = {
  /** Names the key, in the stored record of a refresh token that is issued now. */
  mark(artifact: Artifact): void;
  /** The value of the newest token of the family that `value` (stored as `artifact`) leads to: the one to hand out now. */
  tipAfter(value: string, artifact: Artifact): Promise<string>;
};

/** A grace of seconds cannot hold more rotations than this; the walk is bounded, whatever is stored. */
const longestWalk = 1000;
const member = 'successor_key';

export function createSuccessorTokens({
  secrets,
  artifacts,
  clock,
}: {
  secrets: Pick<Secrets, 'derive' | 'deriveAll'>;
  artifacts: Pick<ArtifactStore, 'find'>;
  clock: Clock;
}): SuccessorTokens {
  const purpose = 'refresh token successor';
  const newest = secrets.derive(purpose);
  const keys = new Map(secrets.deriveAll(purpose).map((key) => [nameOf(key), key]));

  return {
    mark(artifact) {
      artifact.payload[member] = nameOf(newest);
    },

    async tipAfter(value, artifact) {
      let tip = value;
      let spent = artifact;
      for (let step = 0; step < longestWalk; step += 1) {
        // A secret that is gone from the list cannot be asked; by then no grace that began with it runs.
        const key = keys.get(String(spent.payload[member])) ?? newest;
        tip = hmacSha256(key, tip);
        const successor = await artifacts.find('RefreshToken', sha256(tip), clock.now());
        if (successor?.consumedAt === undefined) return tip;
        spent = successor;
      }
      return tip;
    },
  };
}

/** Tells keys apart and nothing of them. */
function nameOf(key: Buffer): string {
  return hmacSha256(key, 'name').slice(0, 8);
}
