/**
 * What the stores of clients and users guarantee to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { minute, now, openAll, ordered, sampleClient, sampleUser, sharedStore } from './samples.ts';

export function recordContract(stores: TestStores) {
  describe('Client storage', () => {
    const { store } = sharedStore(stores);

    test('A client is found as it was created, and its id is taken', async () => {
      const client = sampleClient({ disabledAt: now });
      await store().clients.create(client);
      assert.deepEqual(await store().clients.find(client.clientId), client);
      assert.equal(await store().clients.find(randomId()), undefined);
      await assert.rejects(
        store().clients.create(sampleClient({ clientId: client.clientId })),
        DuplicateError,
      );
      assert.deepEqual(await store().clients.find(client.clientId), client);
    });

    test('A change succeeds only from the previous version of the client', async () => {
      const client = sampleClient();
      await store().clients.create(client);
      const second = { ...client, metadata: { client_name: 'New' }, version: 2 };
      assert.equal(await store().clients.update({ ...second, version: 3 }), false);
      assert.equal(await store().clients.update(second), true);
      assert.equal(await store().clients.update({ ...second, metadata: {} }), false);
      assert.deepEqual(await store().clients.find(client.clientId), second);
      assert.equal(await store().clients.update(sampleClient({ version: 2 })), false);
    });

    test('A removal reports whether the client existed, and a later change fails', async () => {
      const client = sampleClient();
      await store().clients.create(client);
      assert.equal(await store().clients.remove(client.clientId), true);
      assert.equal(await store().clients.remove(client.clientId), false);
      assert.equal(await store().clients.update({ ...client, version: 2 }), false);
      assert.equal(await store().clients.find(client.clientId), undefined);
    });

    test('The latest use of a client and of each of its secrets wins, whatever order uses are written in', async () => {
      const { clients } = store();
      const [old, fresh] = [randomId(32), randomId(32)];
      const hashes = [fresh, old].map((hash) => ({ hash, createdAt: now }));
      const client = sampleClient({ secretHashes: hashes });
      const [keyed, never] = [sampleClient(), sampleClient()];
      for (const each of [client, keyed, never]) await clients.create(each);
      const use = (lastUsedAt: number, secretHash?: string, { clientId } = client) => ({
        ...{ clientId, secretHash, lastUsedAt },
      });
      await clients.touch([]);
      await clients.touch([
        use(now + minute, old),
        use(now, old),
        use(now, fresh),
        use(now, undefined, keyed),
        use(now, old, sampleClient()),
      ]);
      await Promise.all([
        clients.touch([use(now - minute, fresh), use(now + 2 * minute)]),
        clients.touch([use(now + minute, fresh), use(now - minute)]),
      ]);
      const ids = [client, keyed, never, client, sampleClient()].map(({ clientId }) => clientId);
      const uses = await clients.lastUses(ids);
      assert.deepEqual(
        uses.toSorted((one, other) => other.lastUsedAt - one.lastUsedAt),
        [
          {
            clientId: client.clientId,
            lastUsedAt: now + 2 * minute,
            secrets: { [old]: now + minute, [fresh]: now + minute },
          },
          { clientId: keyed.clientId, lastUsedAt: now, secrets: {} },
        ],
      );
      assert.deepEqual(await clients.lastUses([]), []);
      assert.deepEqual(await clients.find(client.clientId), client);
    });

    test('The last use of a secret goes with the secret, and that of a client with the client', async () => {
      const { clients } = store();
      const hashes = [randomId(32), randomId(32)].map((hash) => ({ hash, createdAt: now }));
      const client = sampleClient({ secretHashes: hashes });
      const { clientId } = client;
      await clients.create(client);
      await clients.touch(
        hashes.map(({ hash }) => ({ clientId, secretHash: hash, lastUsedAt: now })),
      );
      const [kept] = hashes.map(({ hash }) => hash);
      assert.ok(await clients.update({ ...client, secretHashes: hashes.slice(0, 1), version: 2 }));
      assert.deepEqual(await clients.lastUses([clientId]), [
        { clientId, lastUsedAt: now, secrets: { [String(kept)]: now } },
      ]);
      await clients.remove(clientId);
      await clients.create(client);
      assert.deepEqual(await clients.lastUses([clientId]), []);
    });

    test('The client list is ordered and continues where a page ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      for (const clientId of ordered.toReversed()) {
        await fresh.clients.create(sampleClient({ clientId }));
      }
      const page = async (after: string | undefined, limit: number) =>
        (await fresh.clients.list({ after, limit })).items.map(({ clientId }) => clientId);
      assert.deepEqual(await page(undefined, 100), ordered);
      assert.deepEqual(await page(undefined, 3), ordered.slice(0, 3));
      assert.deepEqual(await page(ordered[2], 3), ordered.slice(3, 6));
      assert.deepEqual(await page(ordered[5], 3), ordered.slice(6));
      assert.deepEqual(await page(ordered[7], 3), []);
    });
  });

  describe('User storage', () => {
    const { store } = sharedStore(stores);

    test('A user is found by id, username and email as it was created', async () => {
      const user = sampleUser({ disabledAt: now });
      await store().users.create(user);
      assert.deepEqual(await store().users.find(user.id), user);
      assert.deepEqual(await store().users.findByUsername(user.username), user);
      assert.deepEqual(await store().users.findByEmail(user.email ?? ''), user);
      assert.equal(await store().users.find(user.username), undefined);
      assert.equal(await store().users.findByUsername(randomId()), undefined);
      assert.equal(await store().users.findByEmail(randomId()), undefined);
    });

    test("A user is found by username or email, and a username takes precedence over another user's email", async () => {
      const { users } = store();
      const user = sampleUser();
      const other = sampleUser({ username: user.email ?? '' });
      await users.create(user);
      assert.deepEqual(await users.findByName(user.username), user);
      assert.deepEqual(await users.findByName(user.email ?? ''), user);
      assert.equal(await users.findByName(user.id), undefined);
      await users.create(other);
      assert.deepEqual(await users.findByName(user.email ?? ''), other);
    });

    test("A user's id, username and email are unique, and users without an email do not collide", async () => {
      const user = sampleUser();
      await store().users.create(user);
      const { id, username, email } = user;
      for (const taken of [{ id }, { username }, { email }]) {
        await assert.rejects(store().users.create(sampleUser(taken)), (error) => {
          assert.ok(error instanceof DuplicateError);
          assert.match(error.message, new RegExp(`this ${Object.keys(taken)[0]} `));
          return true;
        });
      }
      for (const name of ['anna', 'bert']) {
        const without = sampleUser({ username: name });
        delete without.email;
        await store().users.create(without);
        assert.deepEqual(await store().users.findByUsername(name), without);
      }
      assert.equal(await store().users.findByEmail(''), undefined);
    });

    test('A change succeeds only from the previous version of the user and updates the lookups', async () => {
      const user = sampleUser();
      await store().users.create(user);
      const second = { ...user, username: randomId(), email: undefined, version: 2 };
      assert.equal(await store().users.update({ ...second, version: 3 }), false);
      assert.equal(await store().users.update(second), true);
      assert.equal(await store().users.update(second), false);
      assert.equal((await store().users.findByUsername(second.username))?.version, 2);
      assert.equal(await store().users.findByUsername(user.username), undefined);
      assert.equal(await store().users.findByEmail(user.email ?? ''), undefined);
      await store().users.create(sampleUser({ username: user.username, email: user.email }));
    });

    test('A change to a taken username or email is refused and changes nothing', async () => {
      const [first, second] = [sampleUser(), sampleUser()];
      await store().users.create(first);
      await store().users.create(second);
      const { username, email } = first;
      for (const taken of [{ username }, { email }]) {
        await assert.rejects(
          store().users.update({ ...second, ...taken, version: 2 }),
          DuplicateError,
        );
      }
      assert.deepEqual(await store().users.find(second.id), second);
    });

    test('A removal reports whether the user existed', async () => {
      const user = sampleUser();
      await store().users.create(user);
      assert.equal(await store().users.remove(user.id), true);
      assert.equal(await store().users.remove(user.id), false);
      assert.equal(await store().users.findByUsername(user.username), undefined);
    });

    test('The user list is ordered and continues where a page ended', async (t) => {
      const [fresh] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(fresh);
      for (const username of ordered.toReversed())
        await fresh.users.create(sampleUser({ username }));
      const page = async (after: string | undefined, limit: number) =>
        (await fresh.users.list({ after, limit })).items.map(({ username }) => username);
      assert.deepEqual(await page(undefined, 100), ordered);
      assert.deepEqual(await page(ordered[2], 3), ordered.slice(3, 6));
      assert.deepEqual(await page(ordered[7], 3), []);
    });
  });
}
