import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { hash as argon2Hash, argon2id } from 'argon2';
import type { UserDeclaration } from '../../src/config/schema/declaration.ts';
import { maxLength } from '../../src/definitions/lengths.ts';
import type { Store } from '../../src/storage/store.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { createUsers } from '../../src/users/service.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import {
  createAuditTrail,
  createMovableClock,
  openTestStore,
  openTestStores,
  standardScopes,
} from '../support/rooms.ts';
import { knownHashes } from './known_hashes.ts';

const passwords = createPasswords({ log: { error: () => {} } });
after(() => passwords.close());

const password = 'correct horse battery staple';

function roomOn(store: Store) {
  const audit = createAuditTrail();
  const clock = createMovableClock();
  const { killSwitches } = killSwitchesOn(store, { declared: {}, audit, clock });
  const users = createUsers({
    ...{ store: store.users, passwords, killSwitches, clock, audit },
    scopes: standardScopes,
  });
  return { users, audit, clock };
}

function declared(user: Partial<UserDeclaration> = {}): UserDeclaration {
  return {
    username: 'alice',
    password,
    email_verified: false,
    claims: {},
    groups: [],
    roles: [],
    ...user,
  };
}

describe('Sign-in with a password', () => {
  test('A user signs in by username or email in any spelling', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const alice = await users.create({ username: 'Ａlice', email: 'Alice@Example.com', password });
    assert.equal(alice.username, 'alice');
    for (const name of ['alice', ' ALICE ', 'alice@example.COM']) {
      assert.equal((await users.authenticate(name, password))?.id, alice.id);
    }
    assert.equal((await users.findByUsername('ALICE'))?.id, alice.id);
  });

  test('A wrong password and an unknown, disabled or passwordless user fail in the same way', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const { id } = await users.create({ username: 'alice', password });
    await users.create({ username: 'keyholder' });
    assert.equal(await users.authenticate('alice', 'wrong password'), undefined);
    assert.equal(await users.authenticate('nobody', password), undefined);
    assert.equal(await users.authenticate('keyholder', password), undefined);
    await users.disable(id);
    assert.equal(await users.authenticate('alice', password), undefined);
    await users.enable(id);
    assert.equal((await users.authenticate('alice', password))?.id, id);
  });

  test('Every failed sign-in verifies exactly one password', async (t) => {
    const store = await openTestStore(t);
    const verified: (string | undefined)[] = [];
    const clock = createMovableClock();
    const audit = createAuditTrail();
    const users = createUsers({
      ...{ store: store.users, clock, audit },
      killSwitches: killSwitchesOn(store, { declared: {}, audit, clock }).killSwitches,
      scopes: standardScopes,
      passwords: {
        ...passwords,
        match: (encoded, typed) => {
          verified.push(encoded);
          return passwords.match(encoded, typed);
        },
      },
    });
    const { id, passwordHash } = await users.create({ username: 'alice', password });
    await users.authenticate('alice', 'a wrong password');
    await users.disable(id);
    await users.authenticate('alice', password);
    await users.authenticate('nobody', password);
    assert.deepEqual(verified, [passwordHash, undefined, undefined]);
  });

  test('A hash of lower cost is replaced at sign-in, and the user stays the same', async (t) => {
    const store = await openTestStore(t);
    const { users } = roomOn(store);
    const { id } = await users.create({ username: 'alice', password });
    const old = await users.find(id);
    assert.ok(old);
    const weak = await argon2Hash(password, {
      type: argon2id,
      memoryCost: 8192,
      timeCost: 1,
      parallelism: 1,
    });
    await store.users.update({ ...old, passwordHash: weak, version: old.version + 1 });
    assert.equal((await users.authenticate('alice', password))?.id, id);
    assert.match((await users.find(id))?.passwordHash ?? '', /m=19456,t=2,p=1/);
    assert.equal((await users.authenticate('alice', password))?.id, id);
  });
});

describe('Sign-in with an imported password', () => {
  test('The first sign-in replaces an imported hash by argon2id, also of a short password, and the audit trail says so', async (t) => {
    const { users, audit } = roomOn(await openTestStore(t));
    const imported = knownHashes.find(({ password }) => password === 'U*U');
    assert.ok(imported);
    await users.applyDeclared([declared({ password: undefined, password_hash: imported.encoded })]);
    const by = { ip: '203.0.113.7', requestId: 'r1' };
    assert.ok(await users.authenticate('alice', 'U*U', by));
    const { passwordHash, id } = (await users.findByUsername('alice')) ?? {};
    assert.match(passwordHash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const rehashed = { type: 'user.password_rehashed', outcome: 'success', userId: id, ...by };
    const target = { kind: 'user', id };
    assert.deepEqual(audit.events.at(-1), { ...rehashed, target, details: { from: 'bcrypt' } });
    assert.ok(await users.authenticate('alice', 'U*U', by));
    assert.deepEqual(audit.types(), ['user.created', 'user.password_rehashed']);
  });
});

describe('User management', () => {
  test('Each change to a user is in the audit trail with its actor', async (t) => {
    const { users, audit } = roomOn(await openTestStore(t));
    const by = { actor: 'operator', requestId: 'r1' };
    const { id } = await users.create({ username: 'alice', password }, by);
    await users.update(id, { roles: ['admin'] }, by);
    await users.setPassword(id, 'another long password', by);
    await users.disable(id, by);
    await users.disable(id, by);
    await users.enable(id, by);
    assert.equal((await users.remove(id, by)).id, id);
    await assert.rejects(users.remove(id, by), { code: 'not_found', status: 404 });
    assert.deepEqual(audit.types(), [
      ...['user.created', 'user.updated'],
      ...['user.password_changed', 'revocation.user'],
      // Of one who is disabled already, it ends what there may still be.
      ...['user.disabled', 'revocation.user', 'revocation.user'],
      ...['user.enabled', 'user.deleted', 'revocation.user'],
    ]);
    assert.ok(audit.events.every((event) => event.actor === 'operator' && event.userId === id));
    assert.doesNotMatch(
      JSON.stringify(audit.events),
      /argon2|"password|correct horse|long password/,
    );
  });

  test('A new email is unverified until a change says otherwise', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const { id } = await users.create({
      username: 'alice',
      email: 'a@example.com',
      emailVerified: true,
    });
    assert.equal((await users.update(id, { email: 'A@example.com' })).emailVerified, true);
    assert.equal((await users.update(id, { email: 'b@example.com' })).emailVerified, false);
    assert.equal((await users.update(id, { emailVerified: true })).emailVerified, true);
    const without = await users.update(id, { email: null });
    assert.deepEqual([without.email, without.emailVerified], [undefined, false]);
  });

  test('A username or email never identifies two users', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const alice = await users.create({ username: 'alice', email: 'alice@example.com' });
    const taken = { code: 'already_exists', status: 409 };
    await assert.rejects(users.create({ username: 'ALICE' }), taken);
    await assert.rejects(users.create({ username: 'bob', email: 'alice@example.com' }), taken);
    await assert.rejects(users.create({ username: 'alice@example.com' }), taken);
    const bob = await users.create({ username: 'bob@example.com' });
    await assert.rejects(users.update(alice.id, { email: 'bob@example.com' }), taken);
    await assert.rejects(users.update(bob.id, { username: 'Alice' }), taken);
    await users.update(alice.id, { username: 'alice@example.com' });
  });

  test('A username that looks like another through invisible characters is refused', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    for (const username of [
      '',
      '   ',
      'al\u200Bice',
      'al\u202Eice',
      'al\0ice',
      'x'.repeat(maxLength.username + 1),
    ]) {
      await assert.rejects(users.create({ username }), { code: 'invalid_name', status: 400 });
    }
    await assert.rejects(users.create({ username: 'alice', email: 'not an address' }), {
      code: 'invalid_name',
    });
  });

  test('Simultaneous changes to a user are all kept', async (t) => {
    const [one, other] = (await openTestStores(t, 2)).map((store) => roomOn(store).users);
    assert.ok(one && other);
    const { id } = await one.create({ username: 'alice' });
    await Promise.all([
      one.update(id, { claims: { name: 'Alice' } }),
      other.update(id, { roles: ['admin'] }),
      one.disable(id),
      other.update(id, { email: 'alice@example.com' }),
    ]);
    const user = await one.find(id);
    assert.deepEqual(
      [user?.claims, user?.roles, user?.email, user?.version],
      [{ name: 'Alice' }, ['admin'], 'alice@example.com', 5],
    );
    assert.ok(user?.disabledAt);
  });

  test('An unknown user is reported as not found', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    await assert.rejects(users.disable('nobody'), { code: 'not_found', status: 404 });
  });
});

describe('Declared users', () => {
  test('A declared user is created once and left alone while nothing changes', async (t) => {
    const { users, audit } = roomOn(await openTestStore(t));
    const file = [declared({ claims: { name: 'Alice', address: { country: 'DE' } } })];
    assert.deepEqual((await users.applyDeclared(file)).created, ['alice']);
    const before = await users.findByUsername('alice');
    const reordered = [declared({ claims: { address: { country: 'DE' }, name: 'Alice' } })];
    assert.deepEqual((await users.applyDeclared(reordered)).unchanged, ['alice']);
    assert.deepEqual(await users.findByUsername('alice'), before);
    assert.deepEqual(audit.types(), ['user.created']);
  });

  test('The declarative file overrides stored values, and values that it cannot express stay', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    await users.applyDeclared([declared({ roles: ['admin'], email: 'alice@example.com' })]);
    const alice = await users.findByUsername('alice');
    assert.ok(alice);
    await users.disable(alice.id);
    await users.update(alice.id, { roles: ['admin', 'root'], claims: { name: 'Mallory' } });
    await users.setPassword(alice.id, 'changed by the person');
    assert.deepEqual((await users.applyDeclared([declared()])).updated, ['alice']);
    const after = await users.findByUsername('alice');
    assert.deepEqual([after?.roles, after?.claims], [[], {}]);
    assert.equal(after?.email, 'alice@example.com');
    assert.ok(after?.disabledAt);
    await users.enable(alice.id);
    assert.equal((await users.authenticate('alice', password))?.id, alice.id);
  });

  test('A new password in the file ends sessions and tokens once, and an unchanged one ends nothing', async (t) => {
    const { users, audit } = roomOn(await openTestStore(t));
    await users.applyDeclared([declared()]);
    const other = declared({ password: 'another password of the file' });
    assert.deepEqual((await users.applyDeclared([other])).updated, ['alice']);
    const changed = ['user.created', 'user.password_changed', 'revocation.user'];
    assert.deepEqual(audit.types(), changed);
    assert.equal(audit.events.at(-1)?.details?.reason, 'user.password_changed');
    assert.deepEqual((await users.applyDeclared([other])).unchanged, ['alice']);
    assert.deepEqual(audit.types(), changed);
  });

  test('A declared hash that was rehashed at a sign-in ends nothing at the next start', async (t) => {
    const { users, audit } = roomOn(await openTestStore(t));
    const cheap = await argon2Hash(password, { type: argon2id, memoryCost: 8192, timeCost: 1 });
    const file = [{ ...declared({ password_hash: cheap }), password: undefined }];
    await users.applyDeclared(file);
    const { passwordHash } = (await users.authenticate('alice', password)) ?? {};
    assert.notEqual(passwordHash, cheap);
    assert.deepEqual((await users.applyDeclared(file)).unchanged, ['alice']);
    const alice = await users.findByUsername('alice');
    assert.equal(alice?.passwordHash, passwordHash);
    // Another one that was set in between is the file's again.
    await users.setPassword(alice?.id ?? '', 'changed by an operator');
    assert.deepEqual((await users.applyDeclared(file)).updated, ['alice']);
    assert.ok(await users.authenticate('alice', password));
    assert.equal(audit.types().filter((type) => type === 'revocation.user').length, 2);
  });

  test('An imported hash of an unnormalised password signs the user in and is rehashed', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    for (const [index, typed] of [
      ...['mot-de-passe-²²', 'größe-µ-meter', '1ª-2º-3ª-4º', 'a\u00a0no-break space'],
    ].entries()) {
      const username = `import-${index}`;
      const composed = typed.normalize('NFC');
      const password_hash = await argon2Hash(composed, { type: argon2id });
      await users.applyDeclared([declared({ username, password: undefined, password_hash })]);
      // Keyboards of some systems take letters apart.
      for (const spelling of [composed, composed.normalize('NFD')]) {
        assert.ok(await users.authenticate(username, spelling), typed);
      }
      const { passwordHash } = (await users.findByUsername(username)) ?? {};
      assert.notEqual(passwordHash, password_hash);
      assert.equal(await passwords.verify(passwordHash, typed.normalize('NFKC')), true);
      assert.equal(await users.authenticate(username, `${typed}x`), undefined);
    }
  });

  test('A declared user without a password in the file keeps the stored one', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    await users.applyDeclared([declared()]);
    const withoutPassword = [declared({ password: undefined })];
    assert.deepEqual((await users.applyDeclared(withoutPassword)).unchanged, ['alice']);
    assert.ok(await users.authenticate('alice', password));
  });

  test('A declared hash signs in, and a malformed or excessive one stops the start', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const password_hash = await argon2Hash(password, {
      type: argon2id,
      memoryCost: 19_456,
      timeCost: 2,
      parallelism: 1,
    });
    const file = [declared({ password: undefined, password_hash })];
    await users.applyDeclared(file);
    assert.ok(await users.authenticate('alice', password));
    assert.deepEqual((await users.applyDeclared(file)).unchanged, ['alice']);
    for (const bad of ['$argon2id$', password_hash.replace('19456', '9945600')]) {
      const wrong = [declared({ username: 'bob' }), declared({ password_hash: bad })];
      await assert.rejects(users.applyDeclared(wrong), { code: 'invalid_declaration' });
      assert.equal(await users.findByUsername('bob'), undefined);
    }
  });

  test('A declared subject becomes the id of a new user, and another one for a stored user changes nothing', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const file = [declared({ subject: 'auth0|5f7c8ec7' })];
    assert.deepEqual((await users.applyDeclared(file)).created, ['alice']);
    assert.equal((await users.findByUsername('alice'))?.id, 'auth0|5f7c8ec7');
    assert.deepEqual((await users.applyDeclared(file)).unchanged, ['alice']);
    const other = [declared({ username: 'bob' }), declared({ subject: 'another' })];
    await assert.rejects(users.applyDeclared(other), { code: 'other_subject' });
    assert.equal(await users.findByUsername('bob'), undefined);
    const twice = ['carol', 'dave'].map((username) => declared({ username, subject: 'same' }));
    await assert.rejects(users.applyDeclared(twice), { code: 'invalid_declaration' });
  });

  test('A user declared in two spellings stops the start', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    const file = [declared({ username: 'ﬁona' }), declared({ username: 'Fiona' })];
    await assert.rejects(users.applyDeclared(file), { code: 'invalid_declaration' });
  });

  test('Several processes that start at once agree on the declared users', async (t) => {
    const rooms = (await openTestStores(t, 3)).map((store) => roomOn(store).users);
    const file = [declared(), declared({ username: 'bob', roles: ['admin'] })];
    await Promise.all(rooms.map((users) => users.applyDeclared(file)));
    const [users] = rooms;
    const all = await users?.list({ limit: 10 });
    assert.deepEqual(
      all?.items.map((user) => [user.username, user.version]),
      [
        ['alice', 1],
        ['bob', 1],
      ],
    );
    assert.ok(await users?.authenticate('bob', password));
  });

  test('A declared email that belongs to another user stops the start', async (t) => {
    const { users } = roomOn(await openTestStore(t));
    await users.create({ username: 'bob', email: 'alice@example.com' });
    await assert.rejects(users.applyDeclared([declared({ email: 'alice@example.com' })]), {
      code: 'already_exists',
    });
  });
});
