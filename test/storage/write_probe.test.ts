import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWriteProbe } from '../../src/storage/operation/write_probe.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine, openFresh } from '../support/stores.ts';

await eachEngine((stores) => {
  describe('Store write probe', () => {
    test('The write probe makes one write every few seconds, however many processes ask', async (t) => {
      const { documents } = await openFresh(t, stores);
      const clock = createShiftedClock();
      const probes = Array.from({ length: 8 }, () => createWriteProbe({ documents, clock }));
      const written = async () => (await documents.get('write_probe'))?.version;
      const askAll = () => Promise.all(probes.map((probe) => probe.assertWritable()));
      await askAll();
      await askAll();
      assert.equal(await written(), 1);
      clock.forward(6000);
      await askAll();
      assert.equal(await written(), 2);
    });

    test('A failed operation makes the write probe run again at once', async (t) => {
      const { documents } = await openFresh(t, stores);
      const probe = createWriteProbe({ documents, clock: createShiftedClock() });
      await probe.assertWritable();
      probe.suspect();
      await probe.assertWritable();
      await probe.assertWritable();
      assert.equal((await documents.get('write_probe'))?.version, 2);
    });
  });
});
