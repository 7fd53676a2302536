/** What a store has of a refusal. It is written in the background, so this waits for it. */
import assert from 'node:assert/strict';
import { createRefusalRecords } from '../../../src/refusals/room.ts';
import { openStore } from '../../../src/storage/open.ts';

export async function refusalOnRecord(url: string, reference: string) {
  const store = await openStore({ url });
  const records = createRefusalRecords({
    ...{ refusals: store.refusals, log: { debug: () => {} } },
    clock: { now: Date.now },
  });
  let found = await records.find(reference);
  for (let look = 0; !found && look < 200; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    found = await records.find(reference);
  }
  await store.close();
  assert.ok(found, reference);
  return found;
}
