import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { proofOfWork } from '../../src/definitions/limits.ts';
import { createProofOfWork } from '../../src/registration/proof_of_work.ts';
import { createSecrets } from '../../src/secrets/room.ts';
import { createShiftedClock } from '../support/clock.ts';

const secret = Buffer.from(testSecret, 'base64url');
const other = Buffer.alloc(32, 7);

/** As its comment describes it, by another implementation than the browser's. */
function solve(challenge: string, text: string): string[] {
  const prefix = createHash('sha256').update(`${challenge} ${text}`).digest();
  const word = Buffer.alloc(8);
  return Array.from({ length: proofOfWork.puzzles }, (_, puzzle) => {
    word.writeUInt32BE(puzzle);
    for (let number = 0; ; number += 1) {
      word.writeUInt32BE(number, 4);
      const digest = createHash('sha256').update(prefix).update(word).digest();
      if (digest.readUInt32BE() >>> (32 - proofOfWork.bits) === 0) return String(number);
    }
  });
}

describe('Proof of work', () => {
  const clock = createShiftedClock();
  const work = createProofOfWork({ secrets: createSecrets([secret]), clock });
  const text = 'alice@mail.example';
  const challenge = work.challenge();
  const numbers = solve(challenge, text);
  const solution = numbers.join('-');

  test('It is taken for its own address, as often as it comes', () => {
    assert.ok(work.isSolved({ challenge, text, solution }));
    assert.ok(work.isSolved({ challenge, text, solution }));
    assert.ok(!work.isSolved({ challenge, text: 'bob@mail.example', solution }));
  });

  test('Less than all of it, or anything else, is none', () => {
    for (const poor of [
      ...['', '0', numbers.slice(1).join('-'), `${solution}-0`, `-${solution}`, 'x'.repeat(99)],
      ...[numbers.with(3, String(Number(numbers[3]) + 1)).join('-')],
      ...[numbers.with(0, '4294967296').join('-'), numbers.with(0, '9'.repeat(10)).join('-')],
      [numbers[1], numbers[0], ...numbers.slice(2)].join('-'),
    ]) {
      assert.ok(!work.isSolved({ challenge, text, solution: poor }), poor);
    }
  });

  test('A challenge that was made up, altered or has expired is none, and a rotation of the secret leaves it', () => {
    const [expires = '', signature = ''] = challenge.split('.');
    for (const made of [
      ...['', '.', `${expires}.`, signature, `${Number(expires) + 1}.${signature}`],
      ...[`${expires}.${'A'.repeat(43)}`, `0${challenge}`, `${challenge}A`],
    ]) {
      assert.ok(!work.isSolved({ challenge: made, text, solution: solution }), made);
    }
    const rotated = createProofOfWork({ secrets: createSecrets([other, secret]), clock });
    assert.ok(rotated.isSolved({ challenge, text, solution }));
    const replaced = createProofOfWork({ secrets: createSecrets([other]), clock });
    assert.ok(!replaced.isSolved({ challenge, text, solution }));
    clock.forward(proofOfWork.lifetimeMs);
    assert.ok(!work.isSolved({ challenge, text, solution }));
  });
});
