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
import { createRequestSlot } from '../engine/request_slots.ts';

export type SuccessorTokens = {
  /** Names the key, in the stored record of a refresh token that is issued now. */
  mark(artifact: Artifact): void;
  /** Has the request hand out the token that replaces `value` (stored as `artifact`), which it has just spent. */
  handOutNext(value: string, artifact: Artifact): void;
  /** The same for one that was spent before: the newest token of the family that it leads to. */
  handOutNewest(value: string, artifact: Artifact): Promise<void>;
};

/** Set when a refresh token is spent; read when the library makes the value of the next one. */
const successor = createRequestSlot<string>();

export const successorToHandOut = successor.get;

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

  const nextAfter = (value: string, { payload }: Artifact): string => {
    // A secret that is gone from the list cannot be asked; by then no grace that began with it runs.
    const key = keys.get(String(payload[member])) ?? newest;
    return hmacSha256(key, value);
  };

  const newestAfter = async (value: string, artifact: Artifact): Promise<string> => {
    let tip = value;
    let spent = artifact;
    for (let step = 0; step < longestWalk; step += 1) {
      tip = nextAfter(tip, spent);
      const next = await artifacts.find(artifact.kind, sha256(tip), clock.now());
      if (next?.consumedAt === undefined) return tip;
      spent = next;
    }
    return tip;
  };

  return {
    mark(artifact) {
      artifact.payload[member] = nameOf(newest);
    },
    handOutNext(value, artifact) {
      successor.set(nextAfter(value, artifact));
    },
    async handOutNewest(value, artifact) {
      successor.set(await newestAfter(value, artifact));
    },
  };
}

/** Tells keys apart and nothing of them. */
function nameOf(key: Buffer): string {
  return hmacSha256(key, 'name').slice(0, 8);
}
