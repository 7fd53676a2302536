/**
 * A user or a client that changes, and what that ends: whatever step whoever does it dies after, either the
 * record is as it was and the change can be made again, or all that was issued before it ends.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuditContext } from '../../../src/audit/events.ts';
import { createClients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { randomId } from '../../../src/ids.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createChangeMarkers } from '../../../src/tokens/change_markers.ts';
import { createRevocations } from '../../../src/tokens/revocations.ts';
import { createPasswords } from '../../../src/users/passwords.ts';
import { createUsers } from '../../../src/users/service.ts';
import { eachEngine } from '../../support/stores.ts';
import { mortalStore } from './mortal_store.ts';
import { createOperator } from './operator.ts';

const hour = 3_600_000;
/** A change that takes more has changed, and so must its test. */
const mostOperations = 20;
const by: AuditContext = { actor: 'operator' };
const password = 'a password that is new';

const passwords = createPasswords({ log: { error: () => {} } });
after(() => passwords.close());

const roomsOn = (store: Store) => {
  const { audit, killSwitches } = createOperator(store);
  return {
    killSwitches,
    users: createUsers({ store: store.users, passwords, clock, audit }),
    clients: createClients({
      store: store.clients,
      ...{ clock, audit, announce: createChangeMarkers({ markers: store.revocations, clock }) },
    }),
  };
};
type Rooms = ReturnType<typeof roomsOn>;

/** `isDone`: as anybody sees it who asks for the record. */
const changes: {
  [name: string]: {
    kind: 'user' | 'client';
    make(rooms: Rooms, id: string): Promise<unknown>;
    isDone(rooms: Rooms, id: string): Promise<boolean>;
  };
} = {
  'disabling a user': {
    kind: 'user',
    make: ({ users }, id) => users.disable(id, by),
    isDone: async ({ users }, id) => (await users.find(id))?.disabledAt !== undefined,
  },
  'a new password': {
    kind: 'user',
    make: ({ users }, id) => users.setPassword(id, password, by),
    isDone: async ({ users }, id) => (await users.authenticate(id, password)) !== undefined,
  },
  'deleting a user': {
    kind: 'user',
    make: ({ users }, id) => users.remove(id, by),
    isDone: async ({ users }, id) => (await users.find(id)) === undefined,
  },
  'disabling a client': {
    kind: 'client',
    make: ({ clients }, id) => clients.disable(id, by),
    isDone: async ({ clients }, id) => (await clients.find(id))?.disabledAt !== undefined,
  },
  'deleting a client': {
    kind: 'client',
    make: ({ clients }, id) => clients.remove(id, by),
    isDone: async ({ clients }, id) => (await clients.find(id)) === undefined,
  },
};

await eachEngine((stores) => {
  let store: Store;
  before(async () => {
    store = await openStore({ url: await stores.freshUrl() });
  });
  after(() => store.close());

  /** A refresh token and a JWT that are issued now, and whether they can still be used. */
  const issue = async (links: { accountId?: string; clientId: string }) => {
    const asOf = await store.revocations.sequence();
    const id = randomId();
    const expiresAt = Date.now() + hour;
    const payload = { as_of: asOf, signed_in_as_of: asOf, iat: 1 };
    await store.artifacts.put({ kind: 'RefreshToken', id, ...links, expiresAt, payload });
    await store.statusRanges.add({
      ...{ list: id, first: 0, count: 1, issuedFrom: 1, perSecond: 1, asOf, expiresAt },
      ...{ clientId: links.clientId, api: 'a', keyId: 'k', userId: links.accountId ?? 'somebody' },
    });
    const { revocations: markers, artifacts } = store;
    const revocations = createRevocations({ markers, artifacts, clock });
    return {
      isAlive: async () => !(await revocations.isRevoked({ ...links, asOf, signedInAsOf: asOf })),
      isStored: async () => (await artifacts.find('RefreshToken', id, Date.now())) !== undefined,
    };
  };

  for (const [name, { kind, make, isDone }] of Object.entries(changes)) {
    test(`${name}, whatever step it dies after, leaves no token of before alive`, async () => {
      const rooms = roomsOn(store);
      const type = `revocation.${kind}` as const;
      let hasAnswered = false;
      let diedDone = 0;
      for (let operation = 1; !hasAnswered; operation += 1) {
        assert.ok(operation < mostOperations);
        const id = randomId().toLowerCase();
        const user = { username: id, password: 'a password that is old' };
        const userId = kind === 'user' ? (await rooms.users.create(user)).id : undefined;
        if (kind === 'client') await rooms.clients.create({ clientId: id, metadata: {} });
        const recordId = userId ?? id;
        const target = userId === undefined ? { clientId: id } : { accountId: userId };
        const links = { clientId: 'app', ...target };
        const order = { type, ...by, ...(userId === undefined ? target : { userId }) };
        const eventsOf = async () =>
          (await store.audit.list({ limit: 9, type, ...(userId ? { userId } : target) })).length;

        const issued = [await issue(links)];
        const { promise: death, resolve } = Promise.withResolvers<'died'>();
        const dying = mortalStore(store, operation, () => {
          resolve('died');
          return new Promise(() => {});
        });
        const end = await Promise.race([
          death,
          roomsOn(dying).killSwitches.changeAndRevoke(target, order, async () => {
            // What somebody gets meanwhile, by the record as it was.
            issued.push(await issue(links));
            await make(roomsOn(dying), recordId);
          }),
        ]);
        hasAnswered = end !== 'died';
        const nameOrId = name === 'a new password' ? id : recordId;
        const wasDone = await isDone(rooms, nameOrId);
        assert.equal(await issued[0]?.isAlive(), false, `${operation}`);
        if (hasAnswered) {
          assert.ok(wasDone);
          assert.deepEqual(await store.revocations.unfinished(9), []);
        } else if (wasDone) diedDone += 1;

        await rooms.killSwitches.resume(0);
        assert.equal(await eventsOf(), 1);
        for (const { isAlive, isStored } of issued) {
          assert.equal(await isAlive(), false, `${operation}`);
          assert.equal(await isStored(), false, `${operation}`);
        }
        assert.deepEqual(await store.revocations.unfinished(9), []);
        if (wasDone) continue;
        await rooms.killSwitches.changeAndRevoke(target, order, () => make(rooms, recordId));
        assert.ok(await isDone(rooms, nameOrId), `${operation}`);
      }
      // At least after: change, its event, second marker, sweep, event.
      assert.ok(diedDone >= 5, String(diedDone));
    });
  }

  test('a change that is refused leaves the record, and is no reason to end the next sign-in', async () => {
    const { killSwitches, users } = roomsOn(store);
    const { id: accountId } = await users.create({ username: randomId().toLowerCase() });
    const order = { type: 'revocation.user', userId: accountId, ...by } as const;
    const refused = new Error('refused');
    await assert.rejects(
      killSwitches.changeAndRevoke({ accountId }, order, () => Promise.reject(refused)),
      refused,
    );
    await killSwitches.resume(0);
    assert.equal((await users.find(accountId))?.disabledAt, undefined);
    assert.equal(await (await issue({ accountId, clientId: 'app' })).isAlive(), true);
  });
});
