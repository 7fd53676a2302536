/**
 * Challenges of passkeys: each is for one page and purpose, for a limited time, and for one use. What it is for and when
 * it was made is in it, signed; only its use is kept. So a page that nobody goes on from costs the store nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { equalDigests, hmacSha256, sha256 } from '../../digests.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';

const kind = 'SpentPasskeyChallenge';
const timeBytes = 6;
const randomness = 16;
const headBytes = timeBytes + randomness;
/** As long as the page that it is on. */
const lifetimeMs = lifetimes.interaction * 1000;

export type Challenges = {
  /** `purpose`: all that it is bound to, such as the interaction and the person. Base64url. */
  make(purpose: string): string;
  /** Whether it was made for this purpose, and not too long ago. */
  isFor(purpose: string, challenge: string): boolean;
  /** Of any number of callers on any node exactly one is answered true. */
  spend(challenge: string): Promise<boolean>;
};

/** `keys`: derived for this purpose alone. The first signs, all verify. */
export function createChallenges({
  keys: [first, ...older],
  artifacts,
  clock,
}: {
  keys: readonly Buffer[];
  artifacts: Pick<ArtifactStore, 'insert'>;
  clock: Clock;
}): Challenges {
  if (!first) throw new Error('challenges need a key');
  const seal = (key: Buffer, head: Buffer, purpose: string) =>
    hmacSha256(key, `${head.toString('base64url')} ${purpose}`);

  return {
    make(purpose) {
      const head = Buffer.alloc(headBytes);
      head.writeUIntBE(clock.now(), 0, timeBytes);
      randomBytes(randomness).copy(head, timeBytes);
      const signature = Buffer.from(seal(first, head, purpose), 'base64url');
      return Buffer.concat([head, signature]).toString('base64url');
    },

    isFor(purpose, challenge) {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length <= headBytes) return false;
      const head = bytes.subarray(0, headBytes);
      const signature = bytes.subarray(headBytes).toString('base64url');
      const isOurs = [first, ...older].some((key) =>
        equalDigests(seal(key, head, purpose), signature),
      );
      return isOurs && clock.now() < head.readUIntBE(0, timeBytes) + lifetimeMs;
    },

    spend(challenge) {
      const now = clock.now();
      // By its bytes: the same ones can be spelled in several ways.
      const id = sha256(Buffer.from(challenge, 'base64url').toString('base64url'));
      return artifacts.insert({ kind, id, payload: {}, expiresAt: now + lifetimeMs }, now);
    },
  };
}
