/**
 * A user or a client that changes, and what that ends: whatever step whoever does it dies after, once it has begun
 * another process makes the change, ends all that was issued before it, and puts both on record once.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuditContext } from '../../../src/audit/events.ts';
import { createClients } from '../../../src/clients/service.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import type { AuditEventType } from '../../../src/definitions/events.ts';
import { randomId } from '../../../src/digests.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createRevocations } from '../../../src/tokens/revocation/revocations.ts';
import { createPasswords } from '../../../src/users/passwords.ts';
import { createUsers } from '../../../src/users/service.ts';
import { standardScopes } from '../../support/rooms.ts';
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
  const { audit, killSwitches, announce } = createOperator(store);
  const shared = { killSwitches, clock, audit };
  return {
    killSwitches,
    users: createUsers({ store: store.users, passwords, scopes: standardScopes, ...shared }),
    clients: createClients({ store: store.clients, announce, ...shared }),
  };
};
type Rooms = ReturnType<typeof roomsOn>;

/** `isDone`: as anybody sees it who asks for the record. */
const changes: {
  [name: string]: {
    kind: 'user' | 'client';
    type: AuditEventType;
    make(rooms: Rooms, id: string): Promise<unknown>;
    isDone(rooms: Rooms, id: string): Promise<boolean>;
  };
} = {
  'disabling a user': {
    kind: 'user',
    type: 'user.disabled',
    make: ({ users }, id) => users.disable(id, by),
    isDone: async ({ users }, id) => (await users.find(id))?.disabledAt !== undefined,
  },
  'a new password': {
    kind: 'user',
    type: 'user.password_changed',
    make: ({ users }, id) => users.setPassword(id, password, by),
    isDone: async ({ users }, id) => (await users.authenticate(id, password)) !== undefined,
  },
  'deleting a user': {
    kind: 'user',
    type: 'user.deleted',
    make: ({ users }, id) => users.remove(id, by),
    isDone: async ({ users }, id) => (await users.find(id)) === undefined,
  },
  'disabling a client': {
    kind: 'client',
    type: 'client.disabled',
    make: ({ clients }, id) => clients.disable(id, by),
    isDone: async ({ clients }, id) => (await clients.find(id))?.disabledAt !== undefined,
  },
  'deleting a client': {
    kind: 'client',
    type: 'client.deleted',
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

  for (const [name, { kind, type, make, isDone }] of Object.entries(changes)) {
    test(`The change "${name}" is completed once begun, whatever step its process dies after`, async () => {
      const rooms = roomsOn(store);
      let hasAnswered = false;
      let finishedByOthers = 0;
      for (let operation = 1; !hasAnswered; operation += 1) {
        assert.ok(operation < mostOperations);
        const id = randomId().toLowerCase();
        const user = { username: id, password: 'a password that is old' };
        const userId = kind === 'user' ? (await rooms.users.create(user)).id : undefined;
        if (kind === 'client') await rooms.clients.create({ clientId: id, metadata: {} });
        const recordId = userId ?? id;
        const target = userId === undefined ? { clientId: id } : { accountId: userId };
        const links = { clientId: 'app', ...target };
        const eventsOf = async (type: AuditEventType) =>
          (await store.audit.list({ limit: 9, type, ...(userId ? { userId } : target) })).length;

        const issued = [await issue(links)];
        const { promise: death, resolve } = Promise.withResolvers<'died'>();
        const dying = mortalStore(store, operation, () => {
          resolve('died');
          return new Promise(() => {});
        });
        // What somebody gets meanwhile, by the record as it was.
        const meanwhile = async () => void issued.push(await issue(links));
        const end = await Promise.race([
          death,
          make(roomsOn(withHook(dying, meanwhile)), recordId),
        ]);
        hasAnswered = end !== 'died';
        const nameOrId = name === 'a new password' ? id : recordId;
        const left = await store.revocations.unfinished(9);
        const hasBegun = hasAnswered || left.length > 0 || (await isDone(rooms, nameOrId));
        if (hasAnswered) assert.deepEqual(left, []);

        await rooms.killSwitches.resume(0);
        assert.equal(await isDone(rooms, nameOrId), hasBegun, `${operation}`);
        assert.equal(await eventsOf(type), hasBegun ? 1 : 0, `${operation}`);
        assert.equal(await eventsOf(`revocation.${kind}`), hasBegun ? 1 : 0, `${operation}`);
        for (const { isAlive, isStored } of issued) {
          assert.equal(await isAlive(), !hasBegun, `${operation}`);
          assert.equal(await isStored(), !hasBegun, `${operation}`);
        }
        assert.deepEqual(await store.revocations.unfinished(9), []);
        assert.equal(await rooms.killSwitches.resume(0), 0);
        if (hasBegun && !hasAnswered) finishedByOthers += 1;
      }
      // At least after: marker, change, its event, second marker, sweep, event.
      assert.ok(finishedByOthers >= 6, String(finishedByOthers));
    });
  }

  test('A later decision stands when an interrupted command is completed', async () => {
    const rooms = roomsOn(store);
    const username = randomId().toLowerCase();
    const { id } = await rooms.users.create({ username });
    // Dies right after the marker.
    const { promise: death, resolve } = Promise.withResolvers<'died'>();
    const dying = mortalStore(store, 2, () => {
      resolve('died');
      return new Promise(() => {});
    });
    assert.equal(await Promise.race([death, roomsOn(dying).users.disable(id, by)]), 'died');
    await rooms.users.update(id, { roles: ['back'] }, by);
    assert.equal(await rooms.killSwitches.resume(0), 1);
    assert.equal((await rooms.users.find(id))?.disabledAt, undefined);
  });

  test('A client created anew is not deleted by the completion of an interrupted deletion', async () => {
    const rooms = roomsOn(store);
    let clientId = '';
    for (let operation = 1; !clientId || (await rooms.clients.find(clientId)); operation += 1) {
      assert.ok(operation < mostOperations);
      clientId = randomId().toLowerCase();
      await rooms.clients.create({ clientId, metadata: {} });
      const { promise: death, resolve } = Promise.withResolvers<'died'>();
      const dying = mortalStore(store, operation, () => {
        resolve('died');
        return new Promise(() => {});
      });
      const end = await Promise.race([death, roomsOn(dying).clients.remove(clientId, by)]);
      assert.equal(end, 'died');
    }
    await rooms.clients.create({ clientId, metadata: {} });
    assert.ok((await rooms.killSwitches.resume(0)) > 0);
    assert.ok(await rooms.clients.find(clientId));
    const events = await store.audit.list({ limit: 9, type: 'client.deleted', clientId });
    assert.equal(events.length, 1);
  });

  test('A refused change leaves the record and its tokens in place', async () => {
    const { users } = roomsOn(store);
    const { id: accountId } = await users.create({ username: randomId().toLowerCase() });
    const { isAlive } = await issue({ accountId, clientId: 'app' });
    await assert.rejects(users.setPassword(accountId, 'short', by), { code: 'invalid_password' });
    await assert.rejects(users.disable('nobody', by), { code: 'not_found' });
    assert.equal(await isAlive(), true);
  });
});

/** The same store; `before` runs ahead of each change of a user or a client. */
function withHook(store: Store, before: () => Promise<void>): Store {
  const hooked = <Kept extends { update: unknown; remove: unknown }>(part: Kept): Kept => {
    const { update, remove } = part as unknown as Record<string, (value: unknown) => unknown>;
    const after = (run?: (value: unknown) => unknown) => async (value: unknown) => {
      await before();
      return run?.(value);
    };
    return { ...part, update: after(update), remove: after(remove) };
  };
  return { ...store, users: hooked(store.users), clients: hooked(store.clients) };
}
