/**
 * What the revocation store guarantees to one caller.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomId } from '../../../src/digests.ts';
import type { UnfinishedWork } from '../../../src/storage/revocations.ts';
import type { TestStores } from '../../support/stores.ts';
import { asFound, minute, now, openAll, sampleRevocation, sharedStore } from './samples.ts';

export function revocationContract(stores: TestStores) {
  describe('Revocation storage', () => {
    const { store } = sharedStore(stores);
    const fresh = async (t: Parameters<typeof openAll>[0]) => {
      const [opened] = await openAll(t, { url: await stores.freshUrl(), count: 1 });
      assert.ok(opened);
      return opened;
    };

    test('A revocation is found as written until it expires', async () => {
      const { revocations } = store();
      const family = sampleRevocation({ before: now });
      const token = sampleRevocation({
        status: { list: 'l1', index: 0 },
        work: '{"ranges":true}',
        expiresAt: now + minute + 1,
      });
      const found = [
        asFound(family, await revocations.put(family)),
        asFound(token, await revocations.put(token)),
      ];
      const keys = [family.key, token.key, randomId(), family.key];
      const find = async (at: number) =>
        (await revocations.find(keys, at)).sort((a, b) => a.sequence - b.sequence);
      assert.deepEqual(await find(now), found);
      assert.deepEqual(await find(now + minute), found.slice(1));
      assert.deepEqual(await revocations.find([], now), []);
    });

    test('A revocation marker only ever moves forward', async () => {
      const { revocations } = store();
      const { key } = sampleRevocation();
      const put = (before: number | undefined, expiresAt: number) =>
        revocations.put(sampleRevocation({ key, before, expiresAt }));
      const found = async () => {
        const [marker] = await revocations.find([key], now);
        return [marker?.sequence, marker?.before, marker?.expiresAt];
      };
      const first = await put(now, now + minute);
      const second = await put(now - 5, now + 2 * minute);
      assert.ok(second > first);
      assert.deepEqual(await found(), [second, now, now + 2 * minute]);
      const third = await put(now + 5, now + 1);
      assert.deepEqual(await found(), [third, now + 5, now + 2 * minute]);
    });

    test('A marker for everything issued so far is not narrowed by one for an instant', async () => {
      const { revocations } = store();
      for (const instants of [
        [undefined, now],
        [now, undefined],
      ]) {
        const { key } = sampleRevocation();
        for (const before of instants) await revocations.put(sampleRevocation({ key, before }));
        assert.equal((await revocations.find([key], now))[0]?.before, undefined);
      }
    });

    test('A stored position is kept when a later write gives none', async () => {
      const { revocations } = store();
      const { key } = sampleRevocation();
      const found = async () => (await revocations.find([key], now))[0];
      const status = { list: 'l1', index: 7 };
      await revocations.put(sampleRevocation({ key }));
      assert.equal((await found())?.status, undefined);
      await revocations.put(sampleRevocation({ key, status }));
      assert.deepEqual((await found())?.status, status);
      await revocations.put(sampleRevocation({ key }));
      assert.deepEqual((await found())?.status, status);
      const other = { list: 'l2', index: 0 };
      await revocations.put(sampleRevocation({ key, status: other }));
      assert.deepEqual((await found())?.status, other);
    });

    test('Each revocation gets the next number, which every connection then reads', async (t) => {
      const [one, other] = await openAll(t, { url: await stores.freshUrl(), count: 2 });
      assert.ok(one && other);
      assert.equal(await other.revocations.sequence(), 0);
      const { key } = sampleRevocation();
      for (const [index, revocation] of [{}, { key }, { key }, {}].entries()) {
        const sequence = await one.revocations.put(sampleRevocation(revocation));
        assert.equal(sequence, index + 1);
        assert.equal(await other.revocations.sequence(), sequence);
      }
    });

    test('A number is never reused after its marker is removed', async (t) => {
      const url = await stores.freshUrl();
      const [one] = await openAll(t, { url, count: 1 });
      assert.ok(one);
      const revocation = sampleRevocation();
      await one.revocations.put(revocation);
      const last = await one.revocations.put(sampleRevocation());
      assert.equal(await one.purge({ now: now + minute, limit: 9, auditBefore: now }), 2);
      assert.equal(await one.revocations.sequence(), last);
      await one.close();
      const [next] = await openAll(t, { url, count: 1 });
      assert.ok(next);
      assert.ok((await next.revocations.put(revocation)) > last);
    });

    test('Changes are listed in order and in pages, without expired ones', async (t) => {
      const { revocations } = await fresh(t);
      assert.deepEqual(await revocations.changes({ after: 0, limit: 9, now }), []);
      const all = [];
      for (let index = 0; index < 7; index += 1) {
        const revocation = sampleRevocation({ expiresAt: now + minute + (index === 2 ? 0 : 1) });
        all.push(asFound(revocation, await revocations.put(revocation)));
      }
      const changes = (after: number, limit: number, at = now) =>
        revocations.changes({ after, limit, now: at });
      assert.deepEqual(await changes(0, 9), all);
      assert.deepEqual(await changes(0, 3), all.slice(0, 3));
      assert.deepEqual(await changes(3, 3), all.slice(3, 6));
      assert.deepEqual(await changes(6, 3), all.slice(6));
      assert.deepEqual(await changes(7, 3), []);
      const unexpired = all.filter((_, index) => index !== 2);
      assert.deepEqual(await changes(0, 3, now + minute), unexpired.slice(0, 3));
    });

    test('A repeated revocation moves to the end of the list of changes', async (t) => {
      const { revocations } = await fresh(t);
      const [a, b] = [sampleRevocation(), sampleRevocation()];
      await revocations.put(a);
      const second = await revocations.put(b);
      const third = await revocations.put(a);
      const keys = async (after: number) =>
        (await revocations.changes({ after, limit: 9, now })).map(({ key }) => key);
      assert.deepEqual(await keys(0), [b.key, a.key]);
      assert.deepEqual(await keys(second), [a.key]);
      assert.deepEqual(await keys(third), []);
    });

    test('Unfinished work is listed in the order of its markers', async (t) => {
      const { revocations } = await fresh(t);
      const work = async (limit = 9) =>
        (await revocations.unfinished(limit)).flatMap((marker) => marker.work?.map(textOf));
      const a = sampleRevocation({ work: 'a', status: { list: 'l1', index: 3 } });
      const b = sampleRevocation({ work: 'b' });
      const [sequence, , sequenceOfB] = [
        await revocations.put(a),
        await revocations.put(sampleRevocation()),
        await revocations.put(b),
      ];
      assert.deepEqual([await work(), await work(1)], [['a', 'b'], ['a']]);
      await revocations.finish(randomId(), sequence);
      await revocations.finish(a.key, sequenceOfB);
      assert.deepEqual(await work(), ['a', 'b']);

      await revocations.finish(a.key, sequence);
      await revocations.finish(a.key, sequence);
      assert.deepEqual(await work(), ['b']);
      // Nothing else of the marker has changed, and it is no change to who follows.
      const finished = { ...a, sequence, work: undefined };
      assert.deepEqual(await revocations.find([a.key], now), [finished]);
      assert.equal(await revocations.sequence(), sequenceOfB);
      await revocations.finish(b.key, sequenceOfB);
      assert.deepEqual(await revocations.unfinished(9), []);
    });

    test('Unfinished work survives later writes for the same target until it is finished', async (t) => {
      const { revocations } = await fresh(t);
      const { key } = sampleRevocation();
      const put = (work?: string) => revocations.put(sampleRevocation({ key, work }));
      const left = async () => {
        const [marker, ...others] = await revocations.unfinished(9);
        assert.deepEqual(others, []);
        assert.deepEqual(await revocations.find([key], now), marker ? [marker] : []);
        return [marker?.sequence, marker?.work];
      };
      const first = { sequence: await put('first'), text: 'first' };
      let newest = await put();
      assert.deepEqual(await left(), [newest, [first]]);
      const second = { sequence: await put('second'), text: 'second' };
      assert.deepEqual(await left(), [second.sequence, [first, second]]);
      newest = await put();
      const third = { sequence: await put('third'), text: 'third' };
      await revocations.finish(key, newest);
      assert.deepEqual(await left(), [third.sequence, [first, second, third]]);

      await revocations.finish(key, second.sequence);
      assert.deepEqual(await left(), [third.sequence, [first, third]]);
      newest = await put();
      await revocations.finish(key, first.sequence);
      assert.deepEqual(await left(), [newest, [third]]);
      await revocations.finish(key, third.sequence);
      assert.deepEqual(await revocations.unfinished(9), []);
      const again = { sequence: await put('again'), text: 'again' };
      assert.deepEqual(await left(), [again.sequence, [again]]);
    });
  });
}

const textOf = ({ text }: UnfinishedWork) => text;
