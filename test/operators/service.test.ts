/** Who is an operator: that an owner remains whatever happens at once, and that every process knows at its next request. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChangeMarkers } from '../../src/caching/change_markers.ts';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { systemClock as clock } from '../../src/clock.ts';
import {
  createFirstOwner,
  createKnownOperators,
  createOperators,
} from '../../src/operators/room.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { createKnownUsers, createUsers } from '../../src/users/room.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import { createAuditTrail, createMovableClock, standardScopes } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const passwords = createPasswords({ log: { error: () => {} } });
after(() => passwords.close());

const by = { actor: 'operator' };
const demoter = fileURLToPath(new URL('./demoter.ts', import.meta.url));
const code = (expected: string) => ({ code: expected });

function roomsOn(store: Store, firstOwnerClock = clock) {
  const audit = createAuditTrail();
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const watch = createMarkerWatch({ markers: store.revocations, clock });
  const operators = createOperators({
    ...{ documents: store.documents, users: store.users, projects: store.projects },
    ...{ announce, audit, clock },
  });
  const { killSwitches } = killSwitchesOn(store, { declared: {}, audit, clock });
  const users = createUsers({
    ...{ store: store.users, passwords, scopes: standardScopes, killSwitches, clock, audit },
    userEnds: operators.userEnds,
  });
  const findUser = createKnownUsers({ users: store.users, watch, clock });
  const known = createKnownOperators({ documents: store.documents, findUser, watch, clock });
  const firstOwner = createFirstOwner({
    ...{ documents: store.documents, store, users, operators, clock: firstOwnerClock },
  });
  return { audit, operators, users, known, firstOwner };
}

await eachEngine((stores) => {
  let url: string;
  let open: Store[] = [];
  const another = async () => {
    const store = await openStore({ url });
    open.push(store);
    return store;
  };
  const closeAll = async () => {
    await Promise.all(open.map((store) => store.close()));
    open = [];
  };

  beforeEach(async () => {
    await closeAll();
    url = await stores.freshUrl();
  });
  after(closeAll);

  const withOwners = async (...names: string[]) => {
    const rooms = roomsOn(await another());
    const ids: string[] = [];
    for (const username of names) {
      const { id } = await rooms.users.create({ username });
      await rooms.operators.set(id, { role: 'owner' }, by);
      ids.push(id);
    }
    return { ...rooms, ids };
  };

  describe('The last owner', () => {
    test('Of two processes whose owners demote each other at the same moment, one is refused', async () => {
      const { ids, operators } = await withOwners('alice', 'bob');
      const children = ids.map((id) => {
        const child = spawn(process.execPath, [demoter, url, id], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
        return { child, line: async () => (await lines.next()).value };
      });
      const ready = await Promise.all(children.map(({ line }) => line()));
      assert.deepEqual(ready, ['ready', 'ready']);
      for (let round = 0; round < 5; round += 1) {
        for (const { child } of children) child.stdin.write('go\n');
        const outcomes = await Promise.all(children.map(({ line }) => line()));
        assert.deepEqual(outcomes.toSorted(), ['demoted', 'last_owner']);
        const owners = (await operators.list()).filter(({ role }) => role === 'owner');
        assert.equal(owners.length, 1);
        for (const id of ids) await operators.set(id, { role: 'owner' }, by);
      }
      for (const { child } of children) child.stdin.end();
      await Promise.all(children.map(({ child }) => once(child, 'close')));
    });

    test('The last owner is not disabled, deleted, demoted or removed, and of several at once one remains', async () => {
      const { ids, operators, users } = await withOwners('alice', 'bob', 'carol');
      const attempts = await Promise.allSettled([
        users.disable(ids[0] ?? ''),
        users.remove(ids[1] ?? ''),
        operators.remove(ids[2] ?? '', by),
      ]);
      assert.equal(attempts.filter(({ status }) => status === 'rejected').length, 1);
      const [{ userId: last } = { userId: '' }, ...more] = await operators.list();
      assert.deepEqual(more, []);
      await assert.rejects(users.disable(last), code('last_owner'));
      await assert.rejects(users.remove(last), code('last_owner'));
      await assert.rejects(operators.remove(last, by), code('last_owner'));
      await assert.rejects(operators.set(last, { role: 'support' }, by), code('last_owner'));
      assert.equal((await users.find(last))?.disabledAt, undefined);
      assert.ok(await operators.hasOwner());
    });
  });

  describe('A role', () => {
    test('that is taken away is gone for the next request of every process', async () => {
      const { ids, operators, users } = await withOwners('alice', 'bob');
      const [, bob = ''] = ids;
      const elsewhere = roomsOn(await another());
      assert.equal((await elsewhere.known.find(bob))?.role, 'owner');
      await operators.set(bob, { role: 'auditor' }, by);
      assert.equal((await elsewhere.known.find(bob))?.role, 'auditor');
      await users.disable(bob);
      assert.equal(await elsewhere.known.find(bob), undefined);
      // A role does not come back with the account.
      await users.enable(bob);
      assert.equal(await elsewhere.known.find(bob), undefined);
      await operators.set(bob, { role: 'owner' }, by);
      await users.remove(bob);
      await users.create({ username: 'mallory', subject: bob });
      assert.equal(await elsewhere.known.find(bob), undefined);
    });

    test('is given to enabled users only, a deployer for projects that there are, and is on record', async () => {
      const { operators, users, audit, ids } = await withOwners('alice');
      const { id } = await users.create({ username: 'dora' });
      const invalid = code('invalid_request');
      await assert.rejects(operators.set(id, { role: 'deployer' }, by), invalid);
      await assert.rejects(operators.set(id, { role: 'deployer', projects: ['x'] }, by), invalid);
      await assert.rejects(operators.set(id, { role: 'auditor', projects: ['x'] }, by), invalid);
      await assert.rejects(operators.set(id, { role: 'king' }, by), invalid);
      await assert.rejects(operators.set('nobody', { role: 'auditor' }, by), code('not_found'));
      await assert.rejects(operators.remove(id, by), code('not_found'));
      const [store] = open;
      const times = { createdAt: 1, updatedAt: 1, version: 1 };
      const project = { id: 'project_1', name: 'Shop', api: 'https://shop.example', memberIds: [] };
      await store?.projects.create({ ...project, ...times });
      const wanted = { role: 'deployer', projects: ['project_1', 'project_1'] };
      const { projects } = await operators.set(id, wanted, { actor: `user:${ids[0]}` });
      assert.deepEqual(projects, ['project_1']);
      const { since, version } = await operators.set(id, wanted, by);
      const stale = { ...by, expectedVersion: version - 1 };
      await assert.rejects(operators.set(id, { role: 'auditor' }, stale), code('version_mismatch'));
      await assert.rejects(operators.remove(id, stale), code('version_mismatch'));
      assert.equal((await operators.find(id))?.since, since);
      await users.disable(id);
      await assert.rejects(operators.set(id, wanted, by), code('user_disabled'));
      const seen = audit.events.filter(
        ({ type, userId }) => /^operator/.test(type) && userId === id,
      );
      const grant = { role: 'deployer', projects: ['project_1'] };
      const about = { kind: 'operator', id };
      assert.deepEqual(
        seen.map(({ type, actor, target, before, after }) => [type, actor, target, before, after]),
        [
          ['operator.added', `user:${ids[0]}`, about, undefined, grant],
          ['operator.removed', 'system', about, grant, undefined],
        ],
      );
    });
  });

  describe('The link for the first owner', () => {
    const strong = 'a password of many words';

    test('opens once, for one of many at the same moment, and is kept only as a hash', async () => {
      const store = await another();
      const { firstOwner, operators, users } = roomsOn(store);
      await firstOwner.noteEmptyStore();
      assert.equal(await firstOwner.state(), 'closed');
      const secret = (await firstOwner.createLink()) ?? '';
      const second = (await firstOwner.createLink()) ?? '';
      assert.equal(await firstOwner.state(), 'open');
      assert.ok(!JSON.stringify(await store.documents.get('first_owner')).includes(secret));
      const claim = (link: string, username: string, password = strong) =>
        firstOwner.claim(link, { username, password }, { actor: 'first_owner' });
      await assert.rejects(claim('something else', 'alice'), code('invalid_link'));
      await assert.rejects(claim(secret, 'alice', 'fourteen chars'), code('short_password'));
      await users.create({ username: 'taken' });
      await assert.rejects(claim(secret, 'taken'), code('already_exists'));
      const attempts = await Promise.allSettled([
        ...['alice', 'bob', 'carol'].map((name) => claim(secret, name)),
        ...['dora', 'eve'].map((name) => claim(second, name)),
      ]);
      assert.equal(attempts.filter(({ status }) => status === 'fulfilled').length, 1);
      const owners = await operators.list();
      assert.equal(owners.length, 1);
      const { items: accounts } = await store.users.list({ limit: 10 });
      assert.deepEqual(
        accounts.map(({ id }) => id).filter((id) => id === owners[0]?.userId).length,
        1,
      );
      assert.equal(accounts.length, 2, 'no account is left of those who were too late');
      assert.equal(await firstOwner.state(), 'done');
      assert.equal(await firstOwner.createLink(), undefined);
      await assert.rejects(claim(second, 'frank'), code('invalid_link'));
    });

    test('is closed after a day, and is never made for a store that was in use before', async () => {
      const moving = createMovableClock();
      const { firstOwner, users } = roomsOn(await another(), moving);
      await users.create({ username: 'alice' });
      await firstOwner.noteEmptyStore();
      assert.equal(await firstOwner.createLink(), undefined);
      url = await stores.freshUrl();
      const { firstOwner: fresh } = roomsOn(await another(), moving);
      await fresh.noteEmptyStore();
      const secret = (await fresh.createLink()) ?? '';
      moving.advance(86_400_000);
      assert.equal(await fresh.state(), 'closed');
      const claiming = fresh.claim(secret, { username: 'bob', password: strong }, by);
      await assert.rejects(claiming, code('invalid_link'));
      assert.ok(await fresh.createLink());
    });
  });
});
