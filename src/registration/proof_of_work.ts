/**
 * A proof of work: what makes it dear to have very many mails sent, without asking anybody else, and without a picture to
 * read. The browser looks for numbers whose SHA-256 begins with zero bits (views/scripts/sign_up.js).
 *
 * Nothing is kept: a challenge is a time and its HMAC. A solution is for one address, so whoever sends it again asks for
 * another mail to the same one, which the limits on mails bound (docs/decisions/registration.md).
 */
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { proofOfWork as limits } from '../definitions/limits.ts';
import { equalDigests, hmacSha256 } from '../digests.ts';
import type { Secrets } from '../secrets/room.ts';

export type ProofOfWork = {
  /** What a browser needs to begin. */
  challenge(): string;
  /** Whether the work was done for this text, in time. `solution`: one number for each puzzle, `12-345-…`. */
  isSolved(proof: { challenge: string; text: string; solution: string }): boolean;
};

/** The largest number that is tried: 32 bits. */
const solutionFormat = new RegExp(`^\\d{1,10}(-\\d{1,10}){${limits.puzzles - 1}}$`);

export function createProofOfWork({
  secrets,
  clock,
}: {
  secrets: Pick<Secrets, 'deriveAll'>;
  clock: Clock;
}): ProofOfWork {
  const [first, ...older] = secrets.deriveAll('proof of work');
  if (!first) throw new Error('a proof of work needs a key');

  const challengeOf = (key: Buffer, expires: string) =>
    `${expires}.${hmacSha256(key, `registration ${expires}`)}`;

  const isOurs = (challenge: string) => {
    const [, expires = ''] = /^(\d{1,12})\./.exec(challenge) ?? [];
    if (Number(expires) * 1000 <= clock.now()) return false;
    return [first, ...older].some((key) => equalDigests(challengeOf(key, expires), challenge));
  };

  return {
    challenge: () =>
      challengeOf(first, String(Math.floor((clock.now() + limits.lifetimeMs) / 1000))),

    isSolved({ challenge, text, solution }) {
      if (!solutionFormat.test(solution) || !isOurs(challenge)) return false;
      const message = Buffer.alloc(40);
      hash('sha256', `${challenge} ${text}`, 'buffer').copy(message);
      return solution.split('-').every((number, puzzle) => {
        if (Number(number) > 0xffffffff) return false;
        message.writeUInt32BE(puzzle, 32);
        message.writeUInt32BE(Number(number), 36);
        const digest = hash('sha256', message, 'buffer').readUInt32BE(0);
        return digest >>> (32 - limits.bits) === 0;
      });
    },
  };
}
