/** Remembered markers: one read of a name that nothing changes, and no marker of another process that is missed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMarkerWatch } from '../../src/caching/marker_watch.ts';
import { openStore } from '../../src/storage/open.ts';
import { rememberMarkers } from '../../src/tokens/revocation/remembered_markers.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine } from '../support/stores.ts';

const hour = 3_600_000;

await eachEngine((stores) => {
  /** One process that remembers, and another that revokes. */
  async function setUp(t: { after(end: () => Promise<void>): void }) {
    const clock = createMovableClock(Date.now());
    const url = await stores.freshUrl();
    const [mine, theirs] = [await openStore({ url }), await openStore({ url })];
    t.after(async () => {
      await Promise.all([mine.close(), theirs.close()]);
    });
    const asked: string[][] = [];
    const meanwhile = { afterRead: async () => {} };
    const watch = createMarkerWatch({ markers: mine.revocations, clock });
    const remembered = rememberMarkers(
      {
        ...mine.revocations,
        async find(keys, now) {
          asked.push([...keys]);
          const found = await mine.revocations.find(keys, now);
          await meanwhile.afterRead();
          return found;
        },
      },
      { watch, clock },
    );
    return {
      ...{ clock, asked, meanwhile },
      find: async (...keys: string[]) =>
        (await remembered.find(keys, clock.now())).map(({ key, sequence }) => [key, sequence]),
      revoke: (key: string, expiresAt = clock.now() + hour) =>
        theirs.revocations.put({ key, expiresAt }),
    };
  }

  test('A name is read once, whether it has a marker or not', async (t) => {
    const { asked, find, revoke } = await setUp(t);
    const sequence = await revoke('user:alice');
    for (let time = 0; time < 3; time += 1) {
      assert.deepEqual(await find('user:alice', 'client:app'), [['user:alice', sequence]]);
    }
    assert.deepEqual(await find('client:app', 'family:f'), []);
    assert.deepEqual(asked, [['user:alice', 'client:app'], ['family:f']]);
  });

  test("Another process's marker is found by the first question after it, and forgets no other name", async (t) => {
    const { asked, find, revoke } = await setUp(t);
    await find('user:alice', 'client:app');
    const first = await revoke('client:app');
    assert.deepEqual(await find('user:alice', 'client:app'), [['client:app', first]]);
    const second = await revoke('client:app');
    assert.deepEqual(await find('client:app'), [['client:app', second]]);
    assert.deepEqual(asked.slice(1), [['client:app'], ['client:app']]);
  });

  test('A marker that comes while its name is read is found by the next question', async (t) => {
    const { find, revoke, meanwhile } = await setUp(t);
    meanwhile.afterRead = async () => {
      meanwhile.afterRead = async () => {};
      await revoke('user:alice');
    };
    assert.deepEqual(await find('user:alice'), []);
    assert.equal((await find('user:alice')).length, 1);
  });

  test('A remembered marker is none any more when it has expired', async (t) => {
    const { clock, find, revoke } = await setUp(t);
    await revoke('token:jti', clock.now() + 1000);
    assert.equal((await find('token:jti')).length, 1);
    clock.advance(1000);
    assert.deepEqual(await find('token:jti'), []);
  });

  test('What was read a minute ago is read again', async (t) => {
    const { clock, asked, find } = await setUp(t);
    await find('user:alice');
    clock.advance(60_001);
    await find('user:alice');
    assert.equal(asked.length, 2);
  });
});
