import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { after, describe, test } from 'node:test';
import { passwordHashFormat } from '../../src/definitions/password_hashes.ts';
import { readHash } from '../../src/users/hashes/families.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { knownHashes } from './known_hashes.ts';

const passwords = createPasswords({ log: { error: () => {} } });
after(() => passwords.close());

let computed = 0;
subscribe('child_process', (message) => {
  (message as { process: ChildProcess }).process.on('message', () => {
    computed += 1;
  });
});

const crypt =
  '$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEd';

/** Of each family, some that are cut off, of an unknown variant, or would occupy the machine. */
const unusable: readonly string[] = [
  '',
  'password',
  '5f4dcc3b5aa765d61d8327deb882cf99',
  '{SSHA}5ZRMFPZZLEkT0tvhV3QqNK8CZ6gL1oZM',
  '$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
  '$argon2i$v=20$m=8192,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo',
  '$2b$17$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy',
  '$2b$03$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy',
  '$2x$05$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2TiyLXy',
  '$2b$05$CCCCCCCCCCCCCCCCCCCCC.3OauAjmhcVHL6mXZw.dYrstL2Tiy',
  '$scrypt$ln=18,r=8,p=1$c2FsdHNhbHQ$zoaGGG2rgCCnGSCkI6OctKMs2ulbSFe',
  '$scrypt$ln=99,r=8,p=1$c2FsdHNhbHQ$zoaGGG2rgCCnGSCkI6OctKMs2ulbSFe',
  '$scrypt$ln=10,r=8,p=17$c2FsdHNhbHQ$zoaGGG2rgCCnGSCkI6OctKMs2ulbSFe',
  '$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$zoaG',
  'scrypt$1025$seasalt$8$5$l8suLvyBQg6EEaxiU94A5MqNFA',
  '$firebase-scrypt$ln=14,r=8$42xEC+ixf3L2lw==$Bw==$jxsp$lSrf',
  '$pbkdf2-sha256$i=10000001$xhgjxBiDECJESKl1LoXwng$RYvnphjHsvmGSWwUVDarSKefhRsXoxiEcIlg',
  '$pbkdf2-md5$i=1000$xhgjxBiDECJESKl1LoXwng$RYvnphjHsvmGSWwUVDarSKefhRsXoxiEcIlg',
  '$pbkdf2-sha256$i=0$xhgjxBiDECJESKl1LoXwng$RYvnphjHsvmGSWwUVDarSKefhRsXoxiEcIlg',
  'pbkdf2_sha256$10000$seasalt2Pepper$',
  `$6$rounds=1000001${crypt}FCoEOfaS35inz1`,
  `$6$rounds=999${crypt}FCoEOfaS35inz1`,
  `$6${crypt}`,
  // 10,000,001 iterations; a salt longer than the text; an unknown digest.
  'AQAAAAEAmJaBAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
  'AQAAAAEAACcQAAD/EAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
  'AQAAAAMAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
];

describe('Password hashes of other programs', () => {
  for (const { from, family, encoded, password } of knownHashes) {
    test(`A hash of ${from} matches its password and no other, and is due for rehashing`, async () => {
      assert.match(encoded, passwordHashFormat);
      assert.equal(readHash(encoded)?.family, family);
      const right = await passwords.match(encoded, password);
      assert.deepEqual(right, { matches: true, isOutdated: true });
      const wrong = await passwords.match(encoded, `${password}x`);
      assert.deepEqual(wrong, { matches: false, isOutdated: false });
    });
  }

  test('A hash that is malformed, unknown or more expensive than a sign-in may be is never computed', async () => {
    for (const encoded of unusable) assert.equal(readHash(encoded), undefined, encoded);
  });

  test('A wrong password costs the same, whether the user has a hash of ours, an imported one, or does not exist', async () => {
    const counted = createPasswords({ log: { error: () => {} } });
    const own = await counted.hash('correct horse battery staple');
    const [imported] = knownHashes.filter(({ from }) => from === 'bcrypt 2a');
    const costOf = async (encoded: string | undefined, password: string) => {
      const before = computed;
      await counted.match(encoded, password);
      return computed - before;
    };
    await counted.match(imported?.encoded, 'a wrong password');
    for (const encoded of [own, imported?.encoded, undefined]) {
      assert.equal(await costOf(encoded, 'a wrong password'), 2);
    }
    assert.equal(await costOf(own, 'correct horse battery staple'), 1);
    assert.equal(await costOf(imported?.encoded, 'U*U'), 1);
    counted.close();
  });
});
