import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { after, describe, test } from 'node:test';
import { passwordLength } from '../../src/definitions/lengths.ts';
import { costOf, inStandardOrder, isWeakerThanCurrent } from '../../src/users/encoded_hash.ts';
import { createPasswords } from '../../src/users/passwords.ts';

const password = 'correct horse battery staple';
const lost: string[] = [];
const log = { error: (_fields: object, message: string) => lost.push(message) };
const passwords = createPasswords({ log });
after(() => passwords.close());

const started: ChildProcess[] = [];
subscribe('child_process', (message) => {
  started.push((message as { process: ChildProcess }).process);
});

describe('Password hashing', () => {
  test('A hash is salted argon2id with 19 MiB, two passes and one lane', async () => {
    const [one, other] = await Promise.all([passwords.hash(password), passwords.hash(password)]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(one, other);
    assert.equal(await passwords.verify(one, password), true);
    assert.equal(await passwords.verify(one, `${password} `), false);
  });

  test('The same characters in another Unicode form are the same password', async () => {
    const hash = await passwords.hash('Ångström ﬁsch 12'.normalize('NFD'));
    assert.equal(await passwords.verify(hash, 'Ångström fisch 12'.normalize('NFC')), true);
  });

  test('No password matches an unknown user or an unusable hash', async () => {
    assert.equal(await passwords.verify(undefined, password), false);
    for (const unusable of [
      '',
      'x',
      '$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
    ]) {
      assert.equal(await passwords.verify(unusable, password), false);
    }
  });

  test('A password that is too short or too long is not hashed and matches nothing', async () => {
    for (const unfit of ['short', '👍👍👍👍👍', 'x'.repeat(passwordLength.max + 1)]) {
      await assert.rejects(passwords.hash(unfit), { code: 'invalid_password', status: 400 });
      assert.equal(await passwords.verify(await passwords.hash(password), unfit), false);
    }
  });

  test('The time of a check depends on the typed password and not on the hash', async () => {
    const counted = createPasswords({ log, queueLimit: 3 });
    const hash = await counted.hash(password);
    for (const encoded of [hash, undefined]) {
      for (const [typed, spellings] of [
        [password, 1],
        ['größe-µ-meter'.normalize('NFD'), 3],
      ] as const) {
        const check = counted.match(encoded, typed);
        const { running, waiting } = counted.queue();
        assert.equal(running + waiting, spellings);
        await check;
      }
    }
    counted.close();
  });

  test('A hash of lower cost is due for rehashing, and one of higher cost is kept', () => {
    const rest = '$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';
    assert.equal(isWeakerThanCurrent(`$argon2id$v=19$m=19456,t=2,p=1${rest}`), false);
    assert.equal(isWeakerThanCurrent(`$argon2id$v=19$m=65536,t=3,p=4${rest}`), false);
    assert.equal(isWeakerThanCurrent(`$argon2id$v=19$m=8192,t=2,p=1${rest}`), true);
    assert.equal(isWeakerThanCurrent(`$argon2id$v=19$m=19456,t=1,p=1${rest}`), true);
    assert.equal(isWeakerThanCurrent('$2b$12$not-argon2'), true);
  });

  test('A hash with its parameters in another order is understood', () => {
    const rest = '$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g';
    const shuffled = `$argon2id$v=19$m=19456,p=1,t=2${rest}`;
    assert.deepEqual(costOf(shuffled), { memoryKib: 19_456, passes: 2, lanes: 1 });
    assert.equal(inStandardOrder(shuffled), `$argon2id$v=19$m=19456,t=2,p=1${rest}`);
    assert.equal(costOf(`$argon2id$v=19$m=19456,m=1,t=2${rest}`), undefined);
  });

  test('A password beyond the queue is refused with 503 at once, and the queued ones are answered', async () => {
    const small = createPasswords({ log, queueLimit: 3 });
    const accepted = [1, 2, 3].map(() => small.verify(undefined, password));
    await assert.rejects(small.verify(undefined, password), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error && 'status' in error);
      assert.ok('retryAfter' in error && Number(error.retryAfter) > 0);
      assert.deepEqual([error.code, error.status], ['busy', 503]);
      return true;
    });
    assert.deepEqual(small.queue(), { running: 1, waiting: 2 });
    assert.deepEqual(await Promise.all(accepted), [false, false, false]);
    assert.deepEqual(small.queue(), { running: 0, waiting: 0 });
    small.close();
  });

  test('Closing refuses the waiting passwords instead of leaving them unanswered', async () => {
    const closing = createPasswords({ log });
    const waiting = Promise.allSettled([1, 2, 3].map(() => closing.verify(undefined, password)));
    closing.close();
    for (const outcome of await waiting) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'busy');
    }
    await assert.rejects(closing.hash(password), { code: 'busy' });
  });

  test('The death of the password process loses no sign-in', async () => {
    const mortal = createPasswords({ log });
    const hash = await mortal.hash(password);
    const checks = Array.from({ length: 5 }, () => mortal.verify(hash, password));
    started.at(-1)?.kill('SIGKILL');
    assert.deepEqual(await Promise.all(checks), [true, true, true, true, true]);
    assert.deepEqual(lost, ['password process lost']);
    mortal.close();
  });

  test('An idle password process ends, and the next password starts another', async () => {
    const idle = createPasswords({ log, idleMs: 1 });
    const hash = await idle.hash(password);
    const first = started.at(-1);
    if (first?.exitCode === null) await once(first, 'exit');
    assert.equal(await idle.verify(hash, password), true);
    assert.notEqual(started.at(-1), first);
    idle.close();
  });
});
