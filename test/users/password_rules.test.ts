/** What a new password must be, and what an operator can add to it: passwords that are known from breaches. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createPasswordMin } from '../../src/authentication/room.ts';
import {
  importBreachedPasswords,
  openBreachedPasswords,
} from '../../src/users/breached_passwords.ts';
import { createPasswords } from '../../src/users/passwords.ts';

const log = { error: () => {} };
const passwords = createPasswords({ log });
after(() => passwords.close());

const words = ['alice', 'Ada Lovelace-Byron', 'ada.lovelace@mail.example', 'Acme', undefined, 7];
const refusalOf = async (password: string, least = 15) => {
  try {
    await passwords.hash(password, { least, words });
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('New passwords', () => {
  test('Long and unusual ones are accepted, whatever their characters are', async () => {
    for (const password of [
      'vier zufaellige woerter reichen',
      'пароль из нескольких слов',
      'qzv kxw jpt bnm rtf',
      '7f3a9c0e5b1d8264',
      `${'x'.repeat(40)}qzvkxwjptbnm`,
      'marketplacelices-orbit',
    ]) {
      assert.equal(await refusalOf(password), 'accepted', password);
    }
    assert.equal(await refusalOf('kq8x-w2z', 8), 'accepted');
  });

  test('What guessers try first is refused, in its disguises too', async () => {
    for (const password of [
      'passwordpassword',
      'P@sswordP@ssword',
      '123456789012345',
      'qwertyuiopasdfgh',
      'aaaaaaaaaaaaaaaa',
      'abcdefghijklmnop',
      'iloveyouiloveyou',
      'geheimgeheimgeheim',
    ]) {
      assert.equal(await refusalOf(password), 'common_password', password);
    }
    for (const password of ['password', 'Passwort1', '12345678', 'qwertz123']) {
      assert.equal(await refusalOf(password, 8), 'common_password', password);
    }
  });

  test("The person's own words and those of the site are refused", async () => {
    for (const password of [
      'alice-in-wonderland-1865',
      'ALICE in wonderland 1865',
      'my name is lovelace7!',
      'ada.lovelace@mail.example',
      '99 acme 99 qzvkxwjpt',
      'ａｌｉｃｅ in wonderland',
    ]) {
      assert.equal(await refusalOf(password), 'own_words', password);
    }
  });

  test('Characters are counted as people see them, in the normal form', async () => {
    assert.equal(await refusalOf('fourteen chars'), 'invalid_password');
    assert.equal(await refusalOf('👍🎈🚀🌍🧩🎻🪴'), 'invalid_password');
    assert.equal(await refusalOf('x'.repeat(1025)), 'invalid_password');
  });

  test('A second factor, or the duty to have one, makes eight characters enough; not for an owner', async () => {
    const least = createPasswordMin({
      policy: { acr: 'password', acr_of_roles: { treasurer: 'mfa' } },
      authenticatorsOf: async (id) =>
        id === 'has one' ? ({ totps: [{}], passkeys: [] } as never) : undefined,
      isOwner: async (id) => id === 'owner',
    });
    assert.equal(await least({ roles: [] }), 15);
    assert.equal(await least({ id: 'alice', roles: ['clerk'] }), 15);
    assert.equal(await least({ roles: ['treasurer'] }), 8);
    assert.equal(await least({ id: 'has one', roles: [] }), 8);
    assert.equal(await least({ id: 'owner', roles: ['treasurer'] }), 15);
  });
});

describe('Passwords from breaches', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cardea-breached-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
  const source = async (lines: string[]) => {
    const path = join(folder, 'list.txt');
    await writeFile(path, `${lines.join('\r\n')}\n`);
    return path;
  };
  const target = () => join(folder, 'breached');
  const known = Array.from({ length: 3000 }, (_, index) => `known password ${index}`);

  test('Sorted digests with their counts become a file that refuses these passwords only', async () => {
    const lines = known.map((one, index) => `${sha1(one)}:${index % 10}`).sort();
    const imported = { lines: 'sha1', least: 5 } as const;
    const count = await importBreachedPasswords(await source(lines), target(), imported);
    assert.equal(count, 1500);
    const breached = await openBreachedPasswords(target());
    for (const [index, one] of known.entries())
      assert.equal(await breached.has(one), index % 10 >= 5);
    const careful = createPasswords({ log, breached });
    const rules = { least: 15, words: [] };
    await assert.rejects(careful.hash('known password 9', rules), { code: 'breached_password' });
    await careful.hash('known password 10', rules);
    careful.close();
  });

  test('Passwords in any order become one, too, and a new one counts at once', async () => {
    const options = { lines: 'passwords', least: 1 } as const;
    const breached = await openBreachedPasswords(target());
    assert.equal(await breached.has('zebra crossing'), false);
    const list = await source(['zebra crossing', 'apple', '', 'apple', 'ﬁsch']);
    assert.equal(await importBreachedPasswords(list, target(), options), 3);
    assert.equal(await breached.has('zebra crossing'), true);
    assert.equal(await breached.has('fisch'), true);
    assert.equal(await breached.has(known[9] ?? ''), false);
  });

  test('A list that is out of order or malformed changes nothing', async () => {
    const options = { lines: 'sha1', least: 1 } as const;
    const before = await openBreachedPasswords(target());
    for (const lines of [[sha1('b'), sha1('a')].sort().reverse(), ['zebra'], [`${sha1('a')}:x`]]) {
      await assert.rejects(importBreachedPasswords(await source(lines), target(), options), {
        code: 'invalid_line',
      });
    }
    assert.equal(await before.has('zebra crossing'), true);
    await assert.rejects(importBreachedPasswords(join(folder, 'none'), target(), options), {
      code: 'unusable_file',
    });
  });

  test('A file that is missing or something else is told at once', async () => {
    for (const path of [join(folder, 'none'), await source(['anything'])]) {
      await assert.rejects(openBreachedPasswords(path), { code: 'unusable_file' });
    }
  });
});
