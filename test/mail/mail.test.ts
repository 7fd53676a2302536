/** A mail that was accepted is sent once, whatever fails, or is given up and told. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createShiftedClock } from '../support/clock.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { eachEngine, type TestStores } from '../support/stores.ts';
import {
  createMailRoom,
  hour,
  issuer,
  mailDeclaration,
  minute,
  notice,
  signInMail,
  token,
} from './mail_rooms.ts';

const headerOf = (raw: string, name: string) =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(raw.replace(/\r\n\s+/g, ' '))?.[1]?.trim();

await eachEngine((stores: TestStores) => {
  let server: MailServer;
  before(async () => {
    server = await startMailServer();
  });
  after(() => server.close());

  const openStores = async (t: { after(end: () => unknown): void }, count = 1) => {
    const url = await stores.freshUrl();
    const opened: Store[] = [];
    for (let index = 0; index < count; index += 1) opened.push(await openStore({ url }));
    server.received.length = 0;
    server.refusal = undefined;
    t.after(() => Promise.all(opened.map((store) => store.close())));
    return opened as [Store, ...Store[]];
  };
  const mail = (given?: object) => mailDeclaration(server.port, given);
  /** What the store has of the mail. */
  const kept = async (store: Store, clock: { now(): number }) =>
    (await store.deliveries.told({ endpoint: 'mail', now: clock.now(), limit: 9 })).items;

  describe('Mail', () => {
    test('A mail is durable and sealed when it is accepted, arrives with both its parts, and leaves no contents behind', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail({ reply_to: 'help@id.example' }), { clock });
      await room.close();
      assert.equal(await room.send(signInMail(clock)), 'accepted');
      const [waiting] = await kept(store, clock);
      const stored = JSON.stringify(waiting);
      assert.match(waiting?.payload ?? '', /^v1\./);
      for (const secret of [token, '7K3M', 'alice@example.com'])
        assert.ok(!stored.includes(secret), secret);
      assert.equal(await room.countWaiting(9), 1);

      const next = createMailRoom(store, mail({ reply_to: 'help@id.example' }), { clock });
      await next.drain();
      await next.close();
      const [received] = server.received;
      assert.ok(received);
      assert.deepEqual([received.from, received.to], ['id@id.example', ['alice@example.com']]);
      const { raw } = received;
      assert.equal(headerOf(raw, 'From'), 'Northwind <id@id.example>');
      assert.equal(headerOf(raw, 'To'), 'alice@example.com');
      assert.equal(headerOf(raw, 'Reply-To'), 'help@id.example');
      assert.equal(headerOf(raw, 'Auto-Submitted'), 'auto-generated');
      assert.match(headerOf(raw, 'Message-ID') ?? '', /^<mail_[\w-]{22}@id\.example>$/);
      assert.equal(
        Date.parse(headerOf(raw, 'Date') ?? ''),
        Math.floor((waiting?.createdAt ?? 0) / 1000) * 1000,
      );
      const { subject, text = '', html = '' } = await readMail(received);
      assert.equal(subject, 'Ihr Link zum Anmelden');
      for (const part of [text, html]) {
        assert.ok(part.includes(`https://id.example/links/${token}`));
        assert.ok(part.includes('7K3M-Q2XD'));
        assert.ok(part.includes('10 Minuten'));
      }

      const [done] = await kept(store, clock);
      assert.equal(done?.payload, '');
      const { items } = await next.list({ limit: 9 });
      const [{ id, at, createdAt, until, ...listed } = assert.fail()] = items;
      assert.deepEqual(listed, {
        ...{ state: 'sent', template: 'sign_in_link', locale: 'de', to: 'a…e@example.com' },
        ...{ userId: 'user-1', words: '250 OK: queued as 4B1D', attempts: 1, dueAt: listed.dueAt },
      });
      assert.equal(await next.countWaiting(9), 0);
      assert.deepEqual(next.audit.events, [
        {
          ...{ type: 'mail.sent', outcome: 'success', actor: 'system', userId: 'user-1' },
          target: { kind: 'mail', id },
          details: { mail: id, template: 'sign_in_link', attempts: 1 },
        },
      ]);
      assert.deepEqual(next.counts, ['sent']);
      assert.equal(next.logged(), '[]');
    });

    test('A mail that the server does not take now is tried again at growing intervals, and told in the words of the server without the address', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail(), { clock });
      server.refusal = {
        ...{ at: 'recipient', code: 451 },
        words: '4.7.1 <alice@example.com>: greylisted, see https://mail.example/why?token=abc',
      };
      await room.send(notice);
      await room.drain();
      await room.drain();
      const [{ state, words, attempts } = assert.fail()] = (await room.list({ limit: 9 })).items;
      assert.deepEqual([state, attempts], ['deferred', 1]);
      assert.equal(words, '451 4.7.1 <a…e@example.com>: greylisted, see [link]');
      assert.deepEqual(room.counts, ['deferred']);
      clock.forward(6001);
      // A sender or a password that it does not take is the operator's to mend.
      server.refusal = { at: 'sender', code: 550, words: 'not your domain' };
      await room.drain();
      clock.forward(6001);
      await room.drain();
      assert.deepEqual(room.counts, ['deferred', 'deferred']);
      clock.forward(24_001);
      server.refusal = undefined;
      await room.drain();
      clock.forward(48 * hour);
      await room.drain();
      await room.close();
      assert.equal(server.received.length, 1);
      assert.deepEqual(room.counts, ['deferred', 'deferred', 'sent']);
      assert.ok(!room.logged().includes('alice'));
      assert.match(room.logged(), /greylisted/);
    });

    test('A mail that the server refuses for good, or does not take in a day, is given up, on record and told', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail(), { clock });
      for (const at of ['recipient', 'content'] as const) {
        server.refusal = { at, code: 550, words: 'no such user <alice@example.com>' };
        await room.send(notice);
        await room.drain();
      }
      assert.deepEqual(room.counts, ['dropped', 'dropped']);
      server.refusal = { at: 'content', code: 452, words: 'out of space' };
      await room.send({ ...notice, userId: 'user-2' });
      let waited = 0;
      while (room.audit.events.length < 3) {
        await room.drain();
        clock.forward(hour / 2);
        waited += 0.5;
        assert.ok(waited < 30);
      }
      await room.close();
      assert.ok(waited > 18, `given up after ${waited} h`);
      const [first] = room.audit.events;
      assert.equal(first?.type, 'mail.dropped');
      assert.equal(first.userId, 'user-1');
      assert.equal(first.details?.reason, '550 no such user <a…e@example.com>');
      assert.ok(!JSON.stringify(room.audit.events).includes('alice'));
      const dropped = await room.list({ limit: 9, state: 'dropped', userId: 'user-2' });
      assert.deepEqual(
        dropped.items.map(({ words }) => words),
        ['452 out of space'],
      );
      assert.deepEqual((await room.list({ limit: 9, state: 'sent' })).items, []);
      assert.deepEqual(
        (await kept(store, clock)).map(({ payload }) => payload),
        ['', '', ''],
      );
    });

    test('A link is not sent after its end', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail(), { clock });
      server.refusal = { at: 'content', code: 451, words: 'later' };
      await room.send(signInMail(clock));
      for (let minutes = 0; minutes < 10; minutes += 1) {
        await room.drain();
        clock.forward(minute);
      }
      server.refusal = undefined;
      await room.drain();
      assert.equal(room.counts.at(-1), 'dropped');
      // Accepted while nobody was there to send it.
      await room.close();
      await room.send(signInMail(clock));
      clock.forward(11 * minute);
      const next = createMailRoom(store, mail(), { clock });
      await next.drain();
      await next.close();
      assert.deepEqual(next.counts, ['dropped']);
      assert.deepEqual(server.received, []);
    });

    test('Several processes share the mails, and each is sent once', async (t) => {
      const opened = await openStores(t, 3);
      const clock = createShiftedClock();
      const rooms = opened.map((store) => createMailRoom(store, mail(), { clock }));
      const addresses = Array.from({ length: 20 }, (_, index) => `user${index}@example.com`);
      await Promise.all(
        addresses.map((to, index) => rooms[index % 3]?.send({ ...notice, to, userId: to })),
      );
      await Promise.all(rooms.map((room) => room.drain()));
      await Promise.all(rooms.map((room) => room.close()));
      const recipients = server.received.map(({ to }) => to[0]);
      assert.deepEqual(recipients.toSorted(), addresses.toSorted());
    });

    test('A mail with the same idempotency key is not sent again, nor counted', async (t) => {
      const opened = await openStores(t, 2);
      const clock = createShiftedClock();
      const bounds = { per_address: '2/1h', per_account: '2/1h' };
      const rooms = opened.map((store) => createMailRoom(store, mail(bounds), { clock }));
      for (const room of [...rooms, ...rooms]) {
        assert.equal(await room.send({ ...notice, idempotencyKey: 'change 7' }), 'accepted');
        await room.drain();
      }
      await rooms[0]?.send({ ...notice, idempotencyKey: 'change 8' });
      await rooms[0]?.drain();
      await Promise.all(rooms.map((room) => room.close()));
      assert.equal(server.received.length, 2);
    });

    test('A stop ends an attempt that hangs, and another process sends the mail at once', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail(), { clock });
      server.refusal = 'nothing';
      const hanging = room.send(notice).then(room.drain);
      await server.receives(1);
      await room.close();
      await hanging;
      server.refusal = undefined;
      const next = createMailRoom(store, mail(), { clock });
      await next.drain();
      await next.close();
      assert.deepEqual([room.counts, next.counts], [[], ['sent']]);
    });

    test('A process that dies while it sends a mail leaves it to another one, which takes it after a minute', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const room = createMailRoom(store, mail(), { clock });
      await room.close();
      await room.send(notice);
      const now = clock.now();
      const claim = { endpoint: 'mail', now, until: now + minute, limit: 9 };
      assert.equal((await store.deliveries.claim(claim)).length, 1);
      const next = createMailRoom(store, mail(), { clock });
      await next.drain();
      assert.deepEqual(server.received, []);
      clock.forward(minute);
      await next.drain();
      await next.close();
      assert.equal(server.received.length, 1);
    });

    test('Many notices of one change keep none of another from its owner', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const bounds = { per_address: '3/1h', per_account: '3/1h' };
      const room = createMailRoom(store, mail(bounds), { clock });
      const outcomes = [];
      for (let times = 0; times < 4; times += 1) outcomes.push(await room.send(notice));
      assert.deepEqual(outcomes, ['accepted', 'accepted', 'accepted', 'limited']);
      const { circumstances } = notice.data;
      const undo = { url: `${issuer}/links/${token}`, expiresAt: clock.now() + hour };
      const changed = await room.send({
        ...{ ...notice, template: 'address_changed' },
        data: { ...undo, circumstances, newAddress: 'mallory@example.com' },
      });
      await room.close();
      assert.equal(changed, 'accepted');
    });

    test('One address and one account are sent so many mails an hour, and what anybody asks for takes nothing from notices', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const bounds = { per_address: '3/1h', per_account: '5/1h' };
      const room = createMailRoom(store, mail(bounds), { clock });
      const asked = (to: string, userId?: string) =>
        room.send({ ...signInMail(clock), to, userId });
      const tagged = ['alice+1@example.com', 'Alice+x+y@example.com', 'alice@example.com'];
      for (const to of tagged) assert.equal(await asked(to), 'accepted');
      assert.equal(await asked('alice+2@example.com'), 'limited');
      assert.equal(await asked('alice@example.com'), 'limited');
      assert.equal(await asked('bob@example.com', 'user-1'), 'accepted');
      for (let times = 0; times < 3; times += 1) assert.equal(await room.send(notice), 'accepted');
      assert.equal(await room.send(notice), 'limited');
      for (let index = 0; index < 2; index += 1)
        assert.equal(await room.send({ ...notice, to: `other${index}@example.com` }), 'accepted');
      assert.equal(await room.send({ ...notice, to: 'other3@example.com' }), 'limited');
      clock.forward(hour + 1);
      assert.equal(await asked('alice@example.com'), 'accepted');
      await room.close();
      assert.ok(!room.logged().includes('alice'));
    });

    test('A mail is opened by an older master secret, and given up where that is gone', async (t) => {
      const [store] = await openStores(t);
      const clock = createShiftedClock();
      const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
      const old = createMailRoom(store, mail(), { clock, secrets: [older] });
      await old.close();
      await old.send(notice);
      const rotated = createMailRoom(store, mail(), { clock, secrets: [newer, older] });
      await rotated.drain();
      await rotated.close();
      assert.equal(server.received.length, 1);
      await old.send(notice);
      const without = createMailRoom(store, mail(), { clock, secrets: [newer] });
      await without.drain();
      await without.close();
      assert.deepEqual(without.counts, ['dropped']);
      assert.equal(server.received.length, 1);
    });
  });
});
