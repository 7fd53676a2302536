/**
 * Values that mean something to a database, a language or a file system mean nothing to a store.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/storage/errors.ts';
import type { StatusRangeSelector } from '../../../src/storage/status_ranges.ts';
import type { TestStores } from '../../support/stores.ts';
import {
  asFound,
  minute,
  now,
  sampleArtifact,
  sampleClient,
  sampleEvent,
  sampleRange,
  sampleRevocation,
  sampleUser,
  sharedStore,
} from './samples.ts';

export const hostile = [
  '',
  ' ',
  '$gt',
  '$where',
  '$consumed_at',
  '$$NOW',
  'a.b',
  '.',
  '__proto__',
  'constructor',
  'toString',
  "'; DROP TABLE artifacts; --",
  '"',
  '`\\',
  '%',
  '_',
  '\0',
  'a\0b',
  'a',
  ':x',
  'x:y',
  '\r\n',
  'é',
  // The same letter, decomposed: another text.
  'e\u0301',
  '漢字',
  '😀',
  '\u202e',
  'x'.repeat(50_000),
];

export function hostileContract(stores: TestStores) {
  describe('Hostile values in the store', () => {
    const { store } = sharedStore(stores);

    test('An artifact with any id, links and payload keys is returned as written', async () => {
      const { artifacts } = store();
      const payload = JSON.parse(
        JSON.stringify(Object.fromEntries(hostile.map((key) => [key, { [key]: [key] }]))),
      );
      const lookups = {
        Session: artifacts.findSession,
        DeviceCode: artifacts.findDeviceCode,
        Grant: (id: string, at: number) => artifacts.findGrant(id, id, at),
        Hostile: (id: string, at: number) => artifacts.find('Hostile', id, at),
      };
      const given = Object.keys(lookups).flatMap((kind) => hostile.map((text) => ({ kind, text })));
      const all = given.map(({ kind, text }) =>
        sampleArtifact({
          kind,
          id: text,
          payload,
          grantId: text,
          familyId: text,
          accountId: text,
          clientId: text,
          sessionUid: text,
          alias: text,
        }),
      );
      for (const artifact of all) await artifacts.put(artifact);
      for (const artifact of all) {
        const { kind, id } = artifact;
        assert.deepEqual(await artifacts.find(kind, id, now), artifact);
        assert.deepEqual(await lookups[kind as keyof typeof lookups](id, now), artifact);
        assert.equal((await artifacts.consume(kind, id, now))?.won, true);
        assert.equal(await artifacts.insert(artifact, now), false);
      }
      for (const id of hostile) assert.equal(await artifacts.removeAll({ familyId: id }), 4);
    });

    test('A payload key `__proto__` stays a key and changes no prototype', async () => {
      const payload = JSON.parse('{"__proto__":{"admin":true},"a":{"__proto__":1}}');
      const artifact = sampleArtifact({ payload });
      await store().artifacts.put(artifact);
      const found = await store().artifacts.find(artifact.kind, artifact.id, now);
      assert.ok(found && Object.hasOwn(found.payload, '__proto__'));
      assert.equal(found.payload.admin, undefined);
      assert.deepEqual(JSON.stringify(found.payload), JSON.stringify(payload));
    });

    test('Revocations accept any text, when created and when moved forward', async () => {
      const { revocations } = store();
      const all = hostile.map((text, index) =>
        sampleRevocation({ key: text, work: text, status: { list: text, index } }),
      );
      for (const revocation of all)
        await revocations.put(sampleRevocation({ key: revocation.key }));
      for (const revocation of all) {
        const sequence = await revocations.put(revocation);
        const found = asFound(revocation, sequence);
        assert.deepEqual(await revocations.find([revocation.key], now), [found]);
        assert.deepEqual(await revocations.unfinished(9), [found]);
        await revocations.finish(revocation.key, sequence);
      }
      assert.equal((await revocations.find(hostile, now)).length, hostile.length);
    });

    test('Status ranges accept any text', async () => {
      const { statusRanges } = store();
      const all = hostile.map((text) =>
        sampleRange({
          ...{ list: text, clientId: text, api: text, keyId: text },
          ...{ userId: text, grantId: text, familyId: text, session: text },
        }),
      );
      for (const range of all) await statusRanges.add(range);
      for (const range of all) {
        const { list } = range;
        assert.deepEqual(await statusRanges.find(list, 0, now), range);
        for (const name of ['grantId', 'familyId', 'session', 'userId', 'clientId']) {
          const selector = { [name]: list } as StatusRangeSelector;
          assert.deepEqual(await statusRanges.select(selector, { limit: 9, now }), [range]);
        }
        const after = { list, first: -1 };
        const [next] = await statusRanges.select({}, { after, limit: 1, now });
        assert.deepEqual(next, range);
      }
    });

    test('Documents, counters, clients, users and events accept any text', async () => {
      const { documents, counters, clients, users, audit } = store();
      for (const [index, text] of hostile.entries()) {
        assert.equal(await documents.compareAndSet(text, 0, { [text]: text }), true);
        await counters.add(text, index, minute, now);
        await counters.addAll([{ key: text, amount: 1, windowMs: minute, limit: index + 1 }], now);
        await clients.create(sampleClient({ clientId: text, metadata: { [text]: text } }));
        await users.create(sampleUser({ id: text, username: text, email: text }));
        await audit.append([sampleEvent({ id: text, type: text, userId: text, clientId: text })]);
      }
      for (const [index, text] of hostile.entries()) {
        assert.deepEqual(await documents.get(text), { version: 1, value: { [text]: text } });
        assert.equal((await counters.add(text, 0, minute, now)).count, index + 1);
        assert.deepEqual(await counters.read([text], now), [index + 1]);
        assert.deepEqual((await clients.find(text))?.metadata, { [text]: text });
        assert.equal((await users.find(text))?.username, text);
        assert.equal((await users.findByUsername(text))?.id, text);
        assert.equal((await users.findByEmail(text))?.id, text);
        const filter = { limit: 9, type: text, userId: text, clientId: text };
        assert.deepEqual(
          (await audit.list(filter)).map(({ id }) => id),
          [text],
        );
      }
    });

    test('An object in place of a text matches nothing and changes nothing', async () => {
      const { artifacts, clients, users, documents, counters, revocations, statusRanges } = store();
      await artifacts.put(sampleArtifact({ kind: 'DeviceCode', alias: 'bait' }));
      await clients.create(sampleClient());
      await users.create(sampleUser());
      await documents.compareAndSet('bait', 0, 1);
      const work = sampleRevocation({ key: 'bait', work: 'bait' });
      const sequence = await revocations.put(work);
      await statusRanges.add(sampleRange({ list: 'bait' }));
      for (const query of [{ $gt: '' }, { $ne: null }, { $exists: true }, ['bait']]) {
        const text = query as unknown as string;
        const attempts = [
          artifacts.find('DeviceCode', text, now),
          artifacts.find(text, 'bait', now),
          artifacts.findDeviceCode(text, now),
          artifacts.findSession(text, now),
          artifacts.findGrant(text, text, now),
          artifacts.consume('DeviceCode', text, now),
          clients.find(text),
          users.find(text),
          users.findByUsername(text),
          users.findByEmail(text),
          users.findByName(text),
          documents.get(text),
          revocations.find([text], now).then((found) => found[0]),
          revocations.finish(text, sequence),
          statusRanges.find(text, 0, now),
          clients.remove(text).then((removed) => removed || undefined),
          users.remove(text).then((removed) => removed || undefined),
        ];
        for (const outcome of await Promise.allSettled(attempts)) {
          if (outcome.status === 'fulfilled') assert.equal(outcome.value, undefined);
          else assert.ok(!(outcome.reason instanceof StoreUnavailableError));
        }
        await counters.reset(text).catch(() => {});
      }
      assert.equal((await clients.list({ limit: 1000 })).items.length > 0, true);
      assert.deepEqual(await revocations.find(['bait'], now), [asFound(work, sequence)]);
    });
  });
}
