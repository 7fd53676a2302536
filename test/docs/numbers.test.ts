/** Numbers that sentences name are the program's. Tables of them are generated (scripts/generate_docs.ts). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { rotationOverlap } from '../../src/definitions/api_keys.ts';
import { passwordLength } from '../../src/definitions/lengths.ts';
import { lifetimes, refreshTokenGrace } from '../../src/definitions/lifetimes.ts';
import { serverLimits } from '../../src/definitions/limits.ts';
import { day, minute, minuteMs } from '../../src/definitions/units.ts';
import { root } from './pages.ts';

const sentences: [page: string, sentence: RegExp, ...numbers: number[]][] = [
  ['integrations/api-keys.md', /overlap \((\d+) days at most\)/, rotationOverlap.max / day],
  [
    'integrations/api-keys.md',
    /within (\d+) minutes the same call/,
    serverLimits.idempotencyMs / minuteMs,
  ],
  [
    'integrations/token-exchange.md',
    /lives (\d+) minutes at most/,
    lifetimes.accessTokenOfKey / minute,
  ],
  [
    'integrations/forward-auth.md',
    /JWT access token for at most (\d+) minutes/,
    lifetimes.accessTokenOfKey / minute,
  ],
  [
    'decisions/argon2-off-the-request-path.md',
    /at least (\d+) characters and at most (\d+)/,
    passwordLength.min,
    passwordLength.max,
  ],
  [
    'decisions/bounds-of-clients.md',
    /at most (\d+) minutes by default/,
    lifetimes.accessToken / minute,
  ],
  ['decisions/refresh-token-rotation.md', /\((\d+) s by default/, refreshTokenGrace.default],
  [
    'decisions/what-strangers-leave.md',
    /a spent token for up to (\d+) days/,
    lifetimes.refreshTokenIdle / day,
  ],
];

describe('Numbers in the documentation', () => {
  for (const [page, sentence, ...numbers] of sentences) {
    test(`The number in docs/${page} matches the program: ${sentence.source}`, () => {
      const [, ...stated] = sentence.exec(readFileSync(`${root}docs/${page}`, 'utf8')) ?? [];
      assert.deepEqual(stated.map(Number), numbers);
    });
  }
});
