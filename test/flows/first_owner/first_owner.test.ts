/** How a new Cardea gets its owner: the link that its first start prints, and the page behind it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../harness/browser.ts';
import { openStore } from '../../../src/storage/open.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { onSqlite } from '../../support/stores.ts';
import { createVisitor, ways } from '../browser/visitor.ts';

const password = 'a password of many words';
const linksIn = (server: TestServer) =>
  [...server.logged().matchAll(/"link":"([^"]+)"/g)].map(([, link = '']) => link);
const secretOf = (link = '') => new URL(link).hash.slice(1);

const post = (server: TestServer, fields: Record<string, string>, headers = {}) =>
  fetch(`${server.url}/first-owner`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });

const operatorsOf = async (server: TestServer) => {
  const store = await openStore({ url: server.store });
  const found =
    await store.documents.get<Record<string, { role: string; by: string }>>('operators');
  await store.close();
  return Object.values(found?.value ?? {});
};

onSqlite((stores) => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  describe('The first owner', () => {
    // By the keyboard without scripts, and on a phone with them.
    for (const way of ways.slice(1)) {
      test(`is made by the link of the first start, ${way.name}`, async (t) => {
        const server = await startTestServer({ store: await stores.freshUrl(), path: '/id' });
        t.after(() => server.close());
        const [link = '', ...more] = linksIn(server);
        assert.deepEqual(more, []);
        const visitor = await createVisitor(browser, way, [server.url]);
        const { t: texts, page } = visitor;
        await visitor.open(link);
        await visitor.look(texts.first_owner.title);
        if (way.scripts) {
          assert.equal(page.url(), `${server.issuer}/first-owner`);
          assert.equal(await page.getByLabel(texts.first_owner.link).isVisible(), false);
        } else await visitor.type(texts.first_owner.link, secretOf(link));
        await visitor.type(texts.first_owner.username, '\u200b');
        await visitor.type(texts.first_owner.password, password);
        await visitor.press(texts.first_owner.submit);
        await visitor.lookAtError(texts.first_owner.title);
        await visitor.see(texts.first_owner_errors.username);
        await visitor.type(texts.first_owner.username, 'alice');
        await visitor.type(texts.first_owner.password, password);
        await visitor.press(texts.first_owner.submit);
        await visitor.look(texts.first_owner_done.title);
        await visitor.leave();
        assert.deepEqual(
          (await operatorsOf(server)).map(({ role, by }) => [role, by]),
          [['owner', 'first_owner']],
        );
      });
    }

    test('is made by a post from the own page only, with a link that is open, and by nothing else', async (t) => {
      const server = await startTestServer({ store: await stores.freshUrl() });
      t.after(() => server.close());
      const link = secretOf(linksIn(server)[0]);
      const fields = { link, username: 'alice', password };
      const opened = await fetch(`${server.url}/first-owner?link=${link}`);
      assert.equal(opened.status, 200);
      const policy = opened.headers.get('content-security-policy') ?? '';
      assert.match(policy, /script-src 'self';.*form-action 'self'/);
      assert.deepEqual(await operatorsOf(server), []);
      const foreign = await post(server, fields, { 'sec-fetch-site': 'same-site' });
      assert.equal(foreign.status, 403);
      const wrong = await post(server, { ...fields, link: 'x', username: '<b>"' });
      assert.equal(wrong.status, 403);
      assert.match(await wrong.text(), /value="&lt;b&gt;&quot;"/);
      const short = await post(server, { ...fields, password: 'fourteen chars' });
      assert.equal(short.status, 400);
      assert.match(await short.text(), /at least 15 characters/);
      assert.deepEqual(await operatorsOf(server), []);
      assert.equal((await post(server, fields)).status, 303);
      const late = await post(server, { ...fields, username: 'bob' });
      assert.equal(late.status, 403);
      assert.match(await (await fetch(`${server.url}/first-owner`)).text(), /There is an owner/);
      const paths = server.logged().replaceAll(/"link":"[^"]+"/g, '');
      assert.ok(!paths.includes(link), 'no other line of the log has the secret');
    });

    test('is asked for at each start until there is one, and never where people were before', async (t) => {
      const store = await stores.freshUrl();
      const first = await startTestServer({ store, issuer: 'https://id.example' });
      await first.close();
      const second = await startTestServer({ store, issuer: 'https://id.example' });
      const link = secretOf(linksIn(second)[0]);
      assert.notEqual(link, secretOf(linksIn(first)[0]));
      await post(second, { link, username: 'alice', password });
      await second.close();
      const third = await startTestServer({ store, issuer: 'https://id.example' });
      assert.deepEqual(linksIn(third), []);
      await third.close();

      const used = await stores.freshUrl();
      const filled = await openStore({ url: used });
      const times = { createdAt: 1, updatedAt: 1, version: 1 };
      const bob = { id: 'bob', username: 'bob', emailVerified: false, claims: {}, roles: [] };
      await filled.users.create({ ...bob, ...times });
      await filled.close();
      const old = await startTestServer({ store: used });
      t.after(() => old.close());
      assert.deepEqual(linksIn(old), []);
      assert.match(old.logged(), /cardea owner create/);
      assert.equal((await fetch(`${old.url}/first-owner`)).status, 404);
    });

    test('of the declarative file needs no link, and the file never takes the last owner away', async (t) => {
      const store = await stores.freshUrl();
      const issuer = 'https://id.example';
      const start = async (operator: unknown, more: object = {}) => {
        const users = operator === 'gone' ? [] : [{ username: 'alice', operator }];
        const server = await startTestServer({ store, issuer, declaration: { users, ...more } });
        t.after(() => server.close());
        const [role] = (await operatorsOf(server)).map((one) => one.role);
        return { role, logged: server.logged(), links: linksIn(server) };
      };
      assert.deepEqual(await start('owner').then(({ role, links }) => [role, links]), [
        'owner',
        [],
      ]);
      const demoted = await start('support');
      assert.equal(demoted.role, 'owner');
      assert.match(demoted.logged, /declares an operator that was not made one/);
      const removed = await start('gone', { declaration: { remove: 'disable' } });
      assert.equal(removed.role, 'owner');
      assert.match(removed.logged, /the last owner was removed from the declarative file/);
    });
  });
});
