/** A server with a mail server, and one in development mode: what operators and developers see of mails. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { testSecret } from '../../../harness/test_secret.ts';
import { createServices, type Services } from '../../../src/app/services.ts';
import { systemClock } from '../../../src/clock.ts';
import { declarationSchema } from '../../../src/config/schema/declaration.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { adminClient, declaration as operators } from '../../admin/scene.ts';
import { alice, createOperator, declaration as people } from '../../console/scene.ts';
import { notice, signInMail, token } from '../../mail/mail_rooms.ts';
import { type MailServer, readMail, startMailServer } from '../../support/mail_server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createKeptLog } from '../../support/site.ts';
import { onSqlite, type TestStores } from '../../support/stores.ts';

/** What another process on the same store sends with. */
async function besides(server: TestServer, declaration: object, developmentMode: boolean) {
  const store: Store = await openStore({ url: server.store });
  const kept = createKeptLog();
  const services: Services = createServices({
    config: {
      ...{ issuer: server.issuer, developmentMode },
      secrets: [Buffer.from(testSecret, 'base64url')],
      declaration: declarationSchema.parse(declaration),
    },
    ...{ store, clock: systemClock, log: kept.log },
  });
  const close = async () => {
    await services.close();
    await store.close();
  };
  const mail = services.mail ?? assert.fail('there is mail');
  return { mail, close, logged: () => kept.texts.join('') };
}

/** A GET with headers that fetch would not send; answers status and body. */
async function get(url: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<[number, string]>();
  const sent = request(url, { headers }, async (response) => {
    resolve([response.statusCode ?? 0, await text(response)]);
  });
  sent.on('error', reject).end();
  return promise;
}

onSqlite((stores: TestStores) => {
  describe('A server that sends mail', () => {
    let smtp: MailServer;
    let server: TestServer;
    let other: Awaited<ReturnType<typeof besides>>;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      const declaration = {
        ...{ ...operators, users: people.users, mail },
        pages: { name: 'Northwind' },
      };
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      other = await besides(server, declaration, false);
    });
    after(async () => {
      await other.close();
      await server.close();
      await smtp.close();
    });

    test('Sends what another process accepted, and operators see what became of it, by the API, the console, metrics and the audit trail', async () => {
      const admin = await adminClient(server.issuer);
      const { mail } = other;
      assert.equal(await mail.send(notice), 'accepted');
      await smtp.receives(1);
      smtp.refusal = { at: 'recipient', code: 550, words: 'no such user alice@example.com' };
      assert.equal(await mail.send(signInMail(systemClock)), 'accepted');
      const listed = async (query: string) => {
        const { status, body } = await admin('GET', `/mails${query}`);
        assert.equal(status, 200);
        return body.items as Record<string, unknown>[];
      };
      let dropped: Record<string, unknown>[] = [];
      while (dropped.length === 0) dropped = await listed('?state=dropped');
      const [{ id, answered_at: _at, created_at: _created, ...given } = {}] = dropped;
      assert.deepEqual(given, {
        ...{ template: 'sign_in_link', state: 'dropped', to: 'a…e@example.com' },
        ...{ user_id: 'user-1', locale: 'de', attempts: 1 },
        answer: '550 no such user a…e@example.com',
      });
      assert.equal((await listed('?user_id=user-1')).length, 2);
      assert.equal((await listed('?user_id=nobody')).length, 0);
      assert.equal((await admin('GET', `/mails/${id}`)).body.state, 'dropped');
      assert.equal((await admin('GET', '/mails/mail_none')).status, 404);
      const reader = await adminClient(server.issuer, 'dashboard');
      assert.equal((await reader('GET', '/mails')).status, 403);

      const trail = await admin('GET', `/audit-events?target_kind=mail&target_id=${id}`);
      const [event] = trail.body.items as { type: string }[];
      assert.equal(event?.type, 'mail.dropped');
      const measured = JSON.stringify(await server.measured());
      assert.match(measured, /"cardea_mail_attempts_total".*?"outcome":"dropped"/);
      assert.match(measured, /"cardea_mails_waiting".*?"value":0/);

      const owner = await createOperator(server.issuer, alice);
      const list = await owner.open('/mails');
      assert.match(list.html, /Sign in link.*a…e@example\.com.*Given up.*no such user/s);
      const page = await owner.open(`/mails/${id}`);
      assert.match(page.html, /mail\.dropped/);
      for (const secret of [token, '7K3M-Q2XD', 'alice@example.com'])
        assert.ok(!list.html.includes(secret) && !server.logged().includes(secret), secret);
    });

    test('Development’s page of mails is not there', async () => {
      assert.equal((await get(`${server.issuer}/dev/mail`))[0], 404);
    });

    test('A mail has the operator’s name, and links to nothing but what it is about', async () => {
      const [received] = smtp.received;
      assert.ok(received);
      const { from, html = '' } = await readMail(received);
      assert.equal(from?.name, 'Northwind');
      assert.ok(!/\bsrc=|url\(/.test(html));
    });
  });

  describe('A server without mail', () => {
    test('Has no page of mails, and nothing leads to one', async (t) => {
      const declaration = { ...operators, users: people.users };
      const server = await startTestServer({ store: await stores.freshUrl(), declaration });
      t.after(() => server.close());
      const owner = await createOperator(server.issuer, alice);
      const home = await owner.open('/clients');
      assert.match(home.html, /\/console\/webhooks"/);
      assert.ok(!home.html.includes('/console/mails'));
      assert.equal((await owner.open('/mails')).status, 404);
      assert.equal((await owner.open('/mails/mail_1')).status, 404);
      assert.equal((await get(`${server.issuer}/dev/mail`))[0], 404);
    });
  });

  describe('Development mode', () => {
    let server: TestServer;
    let other: Awaited<ReturnType<typeof besides>>;
    let path: string;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), developmentMode: true });
      other = await besides(server, {}, true);
    });
    after(async () => {
      await other.close();
      await server.close();
    });

    test('Shows mails on a page instead of sending them, and says so in the log without what is in them', async () => {
      assert.match((await get(`${server.issuer}/dev/mail`))[1], /None yet/);
      assert.equal(await other.mail.send(signInMail(systemClock)), 'accepted');
      const [status, list] = await get(`${server.issuer}/dev/mail`);
      assert.equal(status, 200);
      path = /href="(\/dev\/mail\/mail_[\w-]+)"/.exec(list)?.[1] ?? assert.fail();
      assert.match(list, /alice@example\.com/);
      const [, html] = await get(`${server.issuer}${path}`);
      const [, plain] = await get(`${server.issuer}${path}/text`);
      for (const part of [html, plain])
        assert.ok(part.includes(token) && part.includes('7K3M-Q2XD'));
      assert.match(other.logged(), /a mail is at \/dev\/mail/);
      assert.ok(!other.logged().includes('alice') && !other.logged().includes(token));
      assert.equal((await get(`${server.issuer}/dev/mail/mail_none`))[0], 404);
    });

    test('Nothing in a mail that is shown runs, is framed, or has our origin', async () => {
      for (const part of [path, `${path}/text`]) {
        const { headers } = await fetch(`${server.issuer}${part}`);
        const policy = headers.get('content-security-policy') ?? '';
        assert.match(policy, /^default-src 'none'/);
        assert.match(policy, /frame-ancestors 'none'; sandbox$/);
        assert.equal(headers.get('cache-control'), 'no-store');
      }
    });

    test('Mails are shown to nobody who comes by another name, or through a proxy', async () => {
      const elsewhere: Record<string, string>[] = [
        { host: 'evil.example' },
        { host: 'localhost.evil.example' },
        { host: '203.0.113.7' },
        { 'x-forwarded-for': '127.0.0.1' },
        { forwarded: 'for=127.0.0.1' },
        { 'X-Forwarded-Host': 'localhost' },
      ];
      for (const headers of elsewhere) {
        for (const at of ['/dev/mail', path, `${path}/text`]) {
          const [status, body] = await get(`${server.url}${at}`, headers);
          assert.equal(status, 404, JSON.stringify(headers));
          assert.ok(!body.includes('alice') && !body.includes(token));
        }
      }
      const port = new URL(server.url).port;
      for (const host of [`localhost:${port}`, `[::1]:${port}`, `127.0.0.1:${port}`])
        assert.equal((await get(`${server.url}/dev/mail`, { host }))[0], 200, host);
    });
  });
});
