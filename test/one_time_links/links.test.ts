/** A link that is sent to a person is good once, for one purpose, for a short time; its code only where it was asked for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOneTimeLinks, type LinkOrder } from '../../src/one_time_links/room.ts';
import { createSecrets } from '../../src/secrets/room.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createMovableClock } from '../support/rooms.ts';
import { eachEngine, type TestStores } from '../support/stores.ts';

const minute = 60_000;
const oldSecret = Buffer.alloc(32, 1);
const newSecret = Buffer.alloc(32, 2);
const alice = { userId: 'alice' };
const recovery: LinkOrder = { purpose: 'recovery', owner: alice, address: 'alice@example.com' };

await eachEngine((stores: TestStores) => {
  /** Rooms as several processes have them, on one store. */
  const open = async (t: { after(end: () => unknown): void }, count = 1) => {
    const url = await stores.freshUrl();
    const clock = createMovableClock(Date.now() + 60 * minute);
    const opened: Store[] = [];
    for (let index = 0; index < count; index += 1) opened.push(await openStore({ url, clock }));
    t.after(() => Promise.all(opened.map((store) => store.close())));
    const roomOn = ({ artifacts, counters }: Store, ...secrets: Buffer[]) =>
      createOneTimeLinks({ artifacts, counters, secrets: createSecrets(secrets), clock });
    const rooms = opened.map((store) => roomOn(store, oldSecret));
    const [store] = opened as [Store];
    const [links] = rooms as [(typeof rooms)[0]];
    return { clock, store, links, rooms, rotated: roomOn(store, newSecret, oldSecret) };
  };

  describe('One-time links', () => {
    test('A link opens any number of times and is spent once, for its own purpose', async (t) => {
      const { links, clock } = await open(t);
      const data = { client: 'shop', nested: { $ne: [1] } };
      const issued = await links.issue({ ...recovery, data });
      assert.match(issued.token, /^[\w-]{43}$/);
      assert.equal(issued.code, undefined);
      const link = {
        ...{ id: issued.id, purpose: 'recovery', userId: 'alice', address: 'alice@example.com' },
        ...{ data, request: undefined, issuedAt: clock.now(), expiresAt: issued.expiresAt },
      };
      for (let times = 0; times < 3; times += 1)
        assert.deepEqual(await links.open('recovery', issued.token), link);
      assert.equal(await links.open('sign_in', issued.token), undefined);
      assert.equal(await links.spend('sign_in', issued.token), undefined);
      assert.equal(await links.spend('recovery', `${issued.token}x`), undefined);
      assert.deepEqual(await links.spend('recovery', issued.token), link);
      assert.equal(await links.spend('recovery', issued.token), undefined);
      assert.equal(await links.open('recovery', issued.token), undefined);
    });

    test('What is done with a link without spending it is counted over all processes', async (t) => {
      const { rooms } = await open(t, 2);
      const [one, other] = rooms as [(typeof rooms)[0], (typeof rooms)[0]];
      const { token } = await one.issue(recovery);
      const link = (await one.open('recovery', token)) ?? assert.fail();
      const uses = Array.from({ length: 25 }, (_, index) =>
        (index % 2 ? one : other).countUse(link),
      );
      assert.equal((await Promise.all(uses)).filter(Boolean).length, 20);
      const next = await one.issue(recovery);
      assert.ok(await other.countUse((await other.open('recovery', next.token)) ?? assert.fail()));
    });

    test('A link ends after ten minutes, or when its issuer says', async (t) => {
      const { links, clock } = await open(t);
      const usual = await links.issue(recovery);
      const week = await links.issue({ purpose: 'undo', lifetimeMs: 7 * 24 * 60 * minute });
      assert.equal(usual.expiresAt, clock.now() + 10 * minute);
      clock.advance(10 * minute - 1);
      assert.ok(await links.open('recovery', usual.token));
      clock.advance(1);
      assert.equal(await links.open('recovery', usual.token), undefined);
      assert.equal(await links.spend('recovery', usual.token), undefined);
      assert.ok(await links.spend('undo', week.token));
    });

    test('Of 20 who spend a link at once, by its URL or its code, on several connections, one wins', async (t) => {
      const { rooms, links } = await open(t, 4);
      for (let round = 0; round < 5; round += 1) {
        const request = `interaction ${round}`;
        const { token, code = '' } = await links.issue({ ...recovery, request });
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            const room = rooms[index % 4] ?? links;
            // The code may be typed five times.
            return index % 5 === 0
              ? room.spendCode('recovery', request, code)
              : room.spend('recovery', token);
          }),
        );
        const won = outcomes.filter((outcome) => typeof outcome === 'object');
        assert.equal(won.length, 1, JSON.stringify(outcomes));
      }
    });

    test('The code is good only for the request that asked for it, however it is typed', async (t) => {
      const { links, rotated } = await open(t);
      const issued = await links.issue({ ...recovery, request: 'here' });
      const { code = '', token } = issued;
      assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
      assert.equal(await links.spendCode('recovery', 'elsewhere', code), 'wrong');
      assert.equal(await links.spendCode('sign_in', 'here', code), 'wrong');
      assert.equal(await links.spendCode('recovery', 'here', token), 'wrong');
      const typed = ` ${code.toLowerCase().replace('-', ' – ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
      // After a rotation of the master secret, too.
      const spent = await rotated.spendCode('recovery', 'here', typed);
      assert.ok(typeof spent === 'object');
      assert.equal(spent.id, issued.id);
      assert.equal(links.isFrom(spent, 'here'), true);
      assert.equal(links.isFrom(spent, 'elsewhere'), false);
      assert.equal(await links.open('recovery', token), undefined);
      assert.equal(await links.spendCode('recovery', 'here', code), 'wrong');
    });

    test('After five attempts at a code not even the right one is taken, but the link is', async (t) => {
      const { rooms, links } = await open(t, 2);
      const { code = '', token } = await links.issue({ ...recovery, request: 'here' });
      const guesses = Array.from({ length: 12 }, (_, index) =>
        (rooms[index % 2] ?? links).spendCode('recovery', 'here', '0000-0000'),
      );
      const outcomes = (await Promise.all(guesses)).toSorted();
      assert.deepEqual(outcomes, [...Array(7).fill('exhausted'), ...Array(5).fill('wrong')]);
      assert.equal(await links.spendCode('recovery', 'here', code), 'exhausted');
      assert.ok(await links.spend('recovery', token));
    });

    test('A link that belongs to nobody and was sent to nobody refuses codes as that of an account does', async (t) => {
      const { links } = await open(t);
      const refusals = async (request: string) => {
        const outcomes = [];
        for (let times = 0; times < 7; times += 1)
          outcomes.push(await links.spendCode('recovery', request, '0000-0000'));
        return outcomes;
      };
      await links.issue({ ...recovery, request: 'of alice' });
      await links.issue({ purpose: 'recovery', request: 'of nobody' });
      const known = await refusals('of alice');
      assert.deepEqual(known.slice(4), ['wrong', 'exhausted', 'exhausted']);
      assert.deepEqual(await refusals('of nobody'), known);
    });

    test('A request that asks again has a new code, and the old one is wrong', async (t) => {
      const { links } = await open(t);
      const first = await links.issue({ ...recovery, request: 'here' });
      const second = await links.issue({ ...recovery, request: 'here' });
      assert.equal(await links.spendCode('recovery', 'here', first.code ?? ''), 'wrong');
      const spent = await links.spendCode('recovery', 'here', second.code ?? '');
      assert.ok(typeof spent === 'object' && spent.id === second.id);
      assert.ok(await links.spend('recovery', first.token));
    });

    test('A name has one link at a time, of its own purpose', async (t) => {
      const { links } = await open(t);
      const order = { purpose: 'invitation', owner: { list: 'invitations' }, only: 'alice' };
      const first = await links.issue(order);
      const ofBob = await links.issue({ ...order, only: 'bob' });
      const other = await links.issue({ ...order, purpose: 'recovery' });
      const second = await links.issue(order);
      assert.equal(await links.open('invitation', first.token), undefined);
      assert.equal(await links.find(order.owner, first.id), undefined);
      assert.equal((await links.find(order.owner, second.id))?.id, second.id);
      assert.equal(await links.find(alice, second.id), undefined);
      for (const [purpose, { token }] of [
        ['invitation', ofBob],
        ['recovery', other],
        ['invitation', second],
      ] as const) {
        assert.ok(await links.spend(purpose, token));
      }
      assert.equal(await links.find(order.owner, second.id), undefined);
    });

    test('A code is exchanged for a link of the same worth, unless its mail went to nobody', async (t) => {
      const { links } = await open(t);
      const order = { purpose: 'recovery', request: 'here', data: { restart: 'x' } };
      const { token, code = '' } = await links.issue({ ...order, address: 'a@mail.example' });
      const got = await links.exchangeCode('recovery', 'here', code);
      assert.ok(typeof got === 'object');
      assert.equal(await links.open('recovery', token), undefined);
      const link = await links.spend('recovery', got.token);
      assert.deepEqual([link?.address, link?.data], ['a@mail.example', { restart: 'x' }]);
      assert.ok(link && links.isFrom(link, 'here'));
      const toNobody = await links.issue({ ...order, request: 'there' });
      assert.equal(await links.exchangeCode('recovery', 'there', toNobody.code ?? ''), 'wrong');
    });

    test('Open links are listed by their owner, who alone can withdraw them', async (t) => {
      const { links, clock } = await open(t);
      const owned = [await links.issue(recovery), await links.issue(recovery)];
      const spent = await links.issue(recovery);
      await links.spend('recovery', spent.token);
      await links.issue({ ...recovery, owner: { userId: 'bob' } });
      await links.issue({ ...recovery, owner: undefined });
      await links.issue({ ...recovery, lifetimeMs: 1 });
      const invitations = { list: 'invitations' };
      const invitation = await links.issue({ purpose: 'invitation', owner: invitations });
      clock.advance(1);
      const idsOf = async (owner: Parameters<typeof links.listOf>[0]) =>
        (await links.listOf(owner, { limit: 9 })).items.map(({ id }) => id);
      assert.deepEqual(await idsOf(alice), owned.map(({ id }) => id).toReversed());
      assert.deepEqual(await idsOf(invitations), [invitation.id]);
      const [listed] = (await links.listOf(invitations, { limit: 9 })).items;
      assert.equal(listed?.userId, undefined);
      const [first, second] = owned as [(typeof owned)[0], (typeof owned)[0]];
      assert.equal(await links.withdraw({ userId: 'bob' }, first.id), false);
      assert.equal(await links.withdraw(alice, first.id), true);
      assert.equal(await links.withdraw(alice, first.id), false);
      assert.equal(await links.withdraw(alice, spent.id), false);
      assert.equal(await links.spend('recovery', first.token), undefined);
      assert.deepEqual(await idsOf(alice), [second.id]);
    });

    test('Revoking all that an account has ends its links and their codes', async (t) => {
      const { links, store } = await open(t);
      const { token, code = '' } = await links.issue({ ...recovery, request: 'here' });
      await store.artifacts.removeAll({ accountId: 'alice' });
      assert.equal(await links.spend('recovery', token), undefined);
      assert.equal(await links.spendCode('recovery', 'here', code), 'wrong');
    });

    test('What the store keeps opens nothing', async (t) => {
      const { links, store, clock } = await open(t);
      const { id, token, code = '' } = await links.issue({ ...recovery, request: 'here' });
      const kept = JSON.stringify([
        await store.artifacts.find('OneTimeLink', id, clock.now()),
        await store.artifacts.list(
          { kind: 'OneTimeLink', accountId: 'alice' },
          { limit: 9, now: clock.now() },
        ),
      ]);
      assert.ok(!kept.includes(token) && !kept.includes(code) && !kept.includes('here'));
      assert.equal(await links.open('recovery', id), undefined);
    });
  });
});
