/**
 * What the store of authenticators guarantees: to one caller, and to many on several connections.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import {
  type AuthenticatorsRecord,
  identityKey,
  passkeyKey,
} from '../../../src/storage/authenticators.ts';
import { DuplicateError } from '../../../src/storage/errors.ts';
import type { TestStores } from '../../support/stores.ts';
import { openAll, sampleAuthenticators, sharedStore } from './samples.ts';

export function authenticatorContract(stores: TestStores) {
  describe('Authenticator storage', () => {
    const { url, store } = sharedStore(stores);

    const keysOf = ({ passkeys, identities }: AuthenticatorsRecord) => [
      ...passkeys.map(({ id }) => passkeyKey(id)),
      ...identities.map(identityKey),
    ];

    test('Authenticators are found by their user, a passkey and an identity, as they were created', async () => {
      const { authenticators } = store();
      const record = sampleAuthenticators();
      await authenticators.create(record);
      assert.deepEqual(await authenticators.find(record.userId), record);
      for (const key of keysOf(record)) {
        assert.deepEqual(await authenticators.findByKey(key), record);
      }
      assert.equal(await authenticators.find(randomId()), undefined);
      assert.equal(await authenticators.findByKey(record.userId), undefined);
    });

    test('Any number of people have neither passkeys nor identities', async () => {
      const { authenticators } = store();
      const none = { passkeys: [], identities: [] };
      await authenticators.create(sampleAuthenticators(none));
      await authenticators.create(sampleAuthenticators(none));
    });

    test("A passkey and an identity are one person's only, and a refused write changes nothing", async () => {
      const { authenticators } = store();
      const [first, second] = [sampleAuthenticators(), sampleAuthenticators()];
      await authenticators.create(first);
      await authenticators.create(second);
      await assert.rejects(authenticators.create(first), DuplicateError);
      for (const { passkeys, identities } of [
        { passkeys: first.passkeys, identities: second.identities },
        { passkeys: second.passkeys, identities: first.identities },
      ]) {
        const taking = { passkeys, identities };
        await assert.rejects(authenticators.create(sampleAuthenticators(taking)), DuplicateError);
        await assert.rejects(
          authenticators.update({ ...second, ...taking, version: 2 }),
          DuplicateError,
        );
      }
      assert.deepEqual(await authenticators.find(first.userId), first);
      assert.deepEqual(await authenticators.find(second.userId), second);
    });

    test('A change succeeds only from the previous version and frees what it drops', async () => {
      const { authenticators } = store();
      const record = sampleAuthenticators();
      await authenticators.create(record);
      const second = { ...record, passkeys: [], version: 2 };
      assert.equal(await authenticators.update({ ...second, version: 3 }), false);
      assert.equal(await authenticators.update(second), true);
      assert.equal(await authenticators.update(second), false);
      assert.deepEqual(await authenticators.find(record.userId), second);
      await authenticators.create(
        sampleAuthenticators({ passkeys: record.passkeys, identities: [] }),
      );
    });

    test('A removal reports whether there were any and frees all of them', async () => {
      const { authenticators } = store();
      const record = sampleAuthenticators();
      await authenticators.create(record);
      assert.equal(await authenticators.remove(record.userId), true);
      assert.equal(await authenticators.remove(record.userId), false);
      assert.equal(await authenticators.update({ ...record, version: 2 }), false);
      for (const key of keysOf(record)) {
        assert.equal(await authenticators.findByKey(key), undefined);
      }
      await authenticators.create(record);
    });

    test('Of many that change the same version at the same time one succeeds', async (t) => {
      const connections = await openAll(t, { url: url(), count: 4 });
      const record = sampleAuthenticators();
      await store().authenticators.create(record);
      const results = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          connections[index % 4]?.authenticators.update({ ...record, version: 2 }),
        ),
      );
      assert.equal(results.filter(Boolean).length, 1);
    });
  });
}
