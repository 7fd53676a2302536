/**
 * Names, subjects and addresses of strangers get into a mail, and nothing in them adds a header, a recipient or a part to
 * it, or a link that mail programs would make of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { isMailAddress } from '../../src/mail/room.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import {
  createMailRoom,
  hour,
  issuer,
  mailDeclaration,
  notice,
  signInMail,
} from '../mail/mail_rooms.ts';
import { createShiftedClock } from '../support/clock.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { onSqlite } from '../support/stores.ts';

const injections = [
  'x\r\nBcc: victim@example.com',
  'x\nBcc: victim@example.com\n\nAnother mail',
  'x\rSubject: Yours',
  'x\u2028Bcc: victim@example.com',
  'x\u0000\u0085\u000bBcc: victim@example.com',
  '=?utf-8?Q?x=0D=0ABcc:_victim@example.com?=',
  '"x" <victim@example.com>, other',
  'x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
];
const headers = [
  ...['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type'],
  ...['auto-submitted', 'x-auto-response-suppress'],
];

onSqlite((stores) => {
  describe('Mails with what strangers wrote', () => {
    let server: MailServer;
    let store: Store;
    const clock = createShiftedClock();
    before(async () => {
      server = await startMailServer();
      store = await openStore({ url: await stores.freshUrl() });
    });
    after(async () => {
      await store.close();
      await server.close();
    });
    const roomOf = (name?: string) =>
      createMailRoom(store, mailDeclaration(server.port), { clock, ...(name && { name }) });

    test('A name of the operator, of an app or of a device adds nothing to a mail', async () => {
      for (const text of injections) {
        server.received.length = 0;
        clock.forward(hour);
        const room = roomOf(text);
        const { data, ...mail } = signInMail(clock);
        const at = clock.now();
        const circumstances = { at, device: text, address: text };
        await room.send({ ...mail, data: { ...data, appName: text, circumstances } });
        const passkey = { passkeyName: text, circumstances };
        await room.send({ ...notice, template: 'new_passkey', data: passkey });
        await room.drain();
        await room.close();
        assert.equal(server.received.length, 2, JSON.stringify(text));
        for (const received of server.received) {
          assert.deepEqual(received.to, ['alice@example.com']);
          const { headers: found, to, cc, bcc, from, attachments, html } = await readMail(received);
          assert.deepEqual(found.map(({ key }) => key).toSorted(), headers.toSorted());
          assert.deepEqual(
            to?.map(({ address }) => address),
            ['alice@example.com'],
          );
          assert.deepEqual([cc, bcc, attachments], [undefined, undefined, []]);
          assert.equal(from?.address, 'id@id.example');
          assert.ok(!/<(script|img)/i.test(html ?? ''));
        }
      }
    });

    test('What is no single address is sent nothing', async () => {
      const room = roomOf();
      const none = [
        ...injections.map((text) => `${text}@example.com`),
        ...injections.map((text) => `alice@example.com${text.slice(1)}`),
        'alice@example.com, bob@example.com',
        'alice@example.com bob@example.com',
        '"alice"@example.com',
        'Alice <alice@example.com>',
        '@relay.example:alice@example.com',
        'alice@[127.0.0.1]',
        'alice@example.com>',
        'alice%example.com',
        'group: alice@example.com;',
        '',
      ];
      for (const to of none)
        assert.equal(await room.send({ ...notice, to }), 'unusable_address', JSON.stringify(to));
      await room.close();
      assert.ok(!room.logged().includes('victim'));
    });

    test('No address that is taken has what separates addresses, ends a line or leaves the angle brackets', () => {
      const unit = fc.constantFrom(...'aé1.-+@ \r\n\t\0\u2028\u0085\u200b<>()[],;:"\\%=?');
      const text = fc.string({ unit, maxLength: 8 });
      const safe = /^[^\s@<>(),;:"\\[\]\p{C}]+@[\p{L}\p{M}\p{N}.-]+$/u;
      fc.assert(
        fc.property(text, text, (local, domain) => {
          const address = `${local}@${domain}`;
          return !isMailAddress(address) || safe.test(address);
        }),
        { numRuns: 5000 },
      );
      for (const good of [
        'alice@example.com',
        "o'neil+tag@mail.example.com",
        'älice@bücher.example',
      ])
        assert.ok(isMailAddress(good));
    });

    test('Nothing that strangers wrote is an address or a link to a mail program', async () => {
      const baits = [
        'Win at https://evil.example/x or www.evil.example, mail me@evil.example now',
        'Win at evil\u3002example or evil\uff0eexample, evil.\u200dexample',
      ];
      for (const bait of baits) {
        const room = roomOf();
        const { data, ...mail } = signInMail(clock);
        const circumstances = { at: clock.now(), device: bait };
        server.received.length = 0;
        clock.forward(hour);
        await room.send({
          ...mail,
          data: { ...data, expiresAt: clock.now() + hour, appName: bait, circumstances },
        });
        await room.drain();
        await room.close();
        const [received] = server.received;
        assert.ok(received);
        const { text = '', html = '' } = await readMail(received);
        for (const part of [text, html]) {
          assert.ok(part.includes('Win at'));
          assert.ok(!/evil[^\s<]+example|evil@|@evil|:\/\/evil/.test(part));
          const addresses = part.match(/https?:\/\/[^\s"<]+/g) ?? [];
          assert.ok(addresses.length > 0 && addresses.every((url) => url.startsWith(issuer)));
        }
      }
    });
  });
});
