/** Apps with access to an account, and the person's own API keys. One server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestServer } from '../support/server.ts';
import { until } from '../support/site.ts';
import { onSqlite } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  erin,
  flashOf,
  frank,
  headingOf,
  ordersApi,
  refresh,
  signInToShop,
  startAccountServer,
  textOf,
  type Visitor,
} from './scene.ts';

onSqlite((stores) => {
  describe('Apps with access', () => {
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    let her: Visitor;
    let his: Visitor;
    before(async () => {
      site = await startAccountServer({
        store: await stores.freshUrl(),
        declaration: { ...declaration, api_keys: { max_expiry: '100d' } },
      });
      her = await createVisitor(site.server.issuer, erin);
      his = await createVisitor(site.server.issuer, frank);
    });
    after(() => site.close());

    test('An app is shown with what it may do in words, in the language of the person, and withdrawn', async () => {
      const { issuer } = site.server;
      assert.match(textOf((await her.open('/apps')).html), /No app has access to your account/);
      const tokens = await signInToShop(issuer, her.agent, erin);
      // What was used is on record a moment later.
      const used = /Northwind Shop .*See your orders .*Last used just now/;
      await until(async () => used.test(textOf((await her.open('/apps')).html)));
      const list = await her.open('/apps');
      assert.doesNotMatch(list.html, /cardea-account|orders:read/);
      const german = await createVisitor(issuer, erin, { headers: { 'accept-language': 'de' } });
      const words = textOf((await german.open('/apps/shop')).html);
      assert.match(words, /Nordwind-Laden .*Bestellungen .*Ihre Bestellungen sehen .*Seit/);

      // Nobody else sees it, or withdraws it.
      assert.equal((await his.open('/apps/shop')).status, 404);
      const foreign = await his.agent.submit(
        { ...(await his.open('')), html: await forgedForm(his, '/apps/shop/remove') },
        { action: /remove$/ },
      );
      assert.equal(foreign.status, 404);
      const page = await her.open('/apps/shop');
      assert.equal(page.status, 200);

      const done = await her.send(page, /remove$/);
      assert.match(
        flashOf(done),
        /^Northwind Shop has lost access everywhere by \d\d:\d\d:\d\d UTC \.$/,
      );
      assert.match(textOf(done.html), /No app has access/);
      assert.equal((await her.open('/apps/shop')).status, 404);
      assert.equal((await refresh(issuer, tokens.refresh_token)).status, 400);
      const userinfo = await fetch(`${issuer}/userinfo`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      assert.equal(userinfo.status, 401);
      const { events } = await site.beside.store.audit.search({
        ...{ userId: await site.beside.idOf(erin), type: 'revocation.grant', limit: 9 },
      });
      assert.deepEqual(
        events.map(({ actor }) => actor),
        [`user:${await site.beside.idOf(erin)}`],
      );
    });

    test('An app that registered itself is said to be unchecked', async () => {
      const { clients } = site.beside.store;
      const shop = await clients.find('shop');
      assert.ok(shop);
      const metadata = { ...shop.metadata, client_name: 'Helpful agent' };
      await clients.create({ ...shop, clientId: 'agent', metadata, source: 'open', version: 1 });
      const grant = { kind: 'Grant', id: 'grant-of-agent', clientId: 'agent' };
      await site.beside.store.artifacts.put({
        ...{ ...grant, grantId: grant.id, accountId: await site.beside.idOf(erin) },
        payload: { openid: { scope: 'openid' } },
        expiresAt: Date.now() + 3_600_000,
      });
      const page = await her.open('/apps/agent');
      assert.match(textOf(page.html), /Helpful agent This app registered itself/);
      await her.send(page, /remove$/);
    });

    test('A key is made with scopes that people may have, shown once, used, and revoked', async () => {
      const { issuer } = site.server;
      const form = await her.open('/api-keys/new');
      assert.equal(headingOf(form), 'Create a key');
      assert.doesNotMatch(form.html, /Run the shop/);
      assert.match(form.html, /After 30 days.*After 90 days.*After 100 days/s);
      assert.doesNotMatch(form.html, /After 365 days|Never/);
      const empty = await her.send(form, /new/, { name: '', expires_in: 'never' });
      assert.equal(empty.status, 400);
      assert.match(textOf(empty.html), /choose at least one.*choose one of these/);
      const nameless = await her.send(form, /new/, { name: ' ', scope: 'orders:read' });
      assert.match(textOf(nameless.html), /Please give it a name/);
      const tooMuch = await her.send(form, /new/, { name: 'Mine', scope: 'orders:admin' });
      assert.equal(tooMuch.status, 400);

      const made = await her.send(form, /new/, { name: 'Backup', scope: 'orders:read' });
      assert.equal(headingOf(made), 'Your new key');
      const key = keyIn(made.html);
      // The same form again makes no second one.
      const again = await her.send(form, /new/, { name: 'Backup', scope: 'orders:read' });
      assert.equal(keyIn(again.html), key);
      const list = await her.open('/api-keys');
      assert.ok(!list.html.includes(key));
      assert.equal(list.html.match(/class="row-title"/g)?.length, 1);

      const exchanged = await exchange(issuer, key);
      assert.equal(exchanged.status, 200);
      const path = /\/account(\/api-keys\/key_[^"]+)"/.exec(list.html)?.[1] ?? '';
      const details = await her.open(path);
      assert.match(textOf(details.html), /Backup Active .*See your orders .*Last 30 days/);

      const ask = await her.open(`${path}/revoke`);
      assert.equal(headingOf(ask), 'Revoke Backup?');
      const done = await her.send(ask, /revoke$/);
      assert.match(flashOf(done), /^Backup is revoked everywhere by \d\d:\d\d:\d\d UTC \.$/);
      // Nothing stands between the time and the full stop.
      assert.match(done.html, /<\/time><\/strong>\./);
      assert.equal((await exchange(issuer, key)).status, 400);
      assert.match(textOf((await her.open(path)).html), /Backup Revoked/);
      assert.doesNotMatch((await her.open(path)).html, /rotate/);
    });

    test('A key is replaced by one with the same rights, and the old one works for a while', async () => {
      const made = await her.send(await her.open('/api-keys/new'), /new/, {
        ...{ name: 'Rotating', scope: ['orders:read', 'orders:write'] },
      });
      const path = await pathOf('Rotating');
      const replaced = await her.send(await her.open(path), /rotate$/);
      assert.match(textOf(replaced.html), /The old key works until .* UTC/);
      assert.notEqual(keyIn(replaced.html), keyIn(made.html));
      for (const key of [keyIn(made.html), keyIn(replaced.html)]) {
        assert.equal((await exchange(site.server.issuer, key)).status, 200);
      }
      const twice = await her.send(await her.open(path), /rotate$/);
      assert.equal(twice.status, 409);
      assert.match(textOf(twice.html), /This key was replaced already/);
    });

    test('Nobody sees, replaces or revokes a key of somebody else, nor makes one in their name', async () => {
      await her.send(await her.open('/api-keys/new'), /new/, {
        ...{ name: 'Hers', scope: 'orders:read' },
      });
      const path = await pathOf('Hers');
      assert.doesNotMatch((await his.open('/api-keys')).html, /Hers/);
      for (const below of ['', '/revoke']) {
        assert.equal((await his.open(`${path}${below}`)).status, 404);
      }
      for (const below of ['/rotate', '/revoke']) {
        const html = await forgedForm(his, `${path}${below}`);
        const sent = await his.agent.submit({ ...(await his.open('')), html }, { action: /key_/ });
        assert.equal(sent.status, 404, below);
      }
      const form = await his.open('/api-keys/new');
      const fields = { name: 'Stolen', scope: 'orders:read' };
      await his.send(form, /new/, { ...fields, user_id: await site.beside.idOf(erin) });
      assert.doesNotMatch((await her.open('/api-keys')).html, /Stolen/);
      assert.match((await his.open('/api-keys')).html, /Stolen/);
    });

    test('An API that people make no keys for is not offered, whatever is asked for', async () => {
      for (const api of ['urn:cardea:admin', 'https://other.example']) {
        const page = await her.open(`/api-keys/new?${new URLSearchParams({ api })}`);
        assert.equal(headingOf(page), 'Which API is it for?');
        const html = await forgedForm(her, `/api-keys/new?${new URLSearchParams({ api })}`);
        const sent = await her.agent.submit({ ...page, html }, { action: /new/ });
        assert.equal(sent.status, 404);
      }
    });

    const pathOf = async (name: string) => {
      const { html } = await her.open('/api-keys');
      const row = html.split('<li class="row">').find((part) => part.includes(name)) ?? '';
      return /\/account(\/api-keys\/key_[^"]+)"/.exec(row)?.[1] ?? '';
    };
  });

  test('Without a word of the operator nobody has API keys, and switched off there are no account pages', async (t) => {
    const store = await stores.freshUrl();
    const { account: _, ...without } = declaration;
    const site = await startAccountServer({ store, declaration: without });
    t.after(() => site.close());
    const her = await createVisitor(site.server.issuer, erin);
    assert.doesNotMatch((await her.open('')).html, /API keys/);
    for (const path of ['/api-keys', '/api-keys/new']) {
      assert.equal((await her.open(path)).status, 404);
    }
    const off = { ...declaration, account: { enabled: false } };
    const other = await startTestServer({ store: await stores.freshUrl(), declaration: off });
    t.after(() => other.close());
    for (const path of ['/account', '/account/callback', '/.well-known/change-password']) {
      assert.equal((await fetch(`${other.issuer}${path}`, { redirect: 'manual' })).status, 404);
    }
  });
});

function keyIn(html: string): string {
  return /<code[^>]*data-secret>([^<]+)</.exec(html)?.[1] ?? '';
}

function exchange(issuer: string, key: string): Promise<Response> {
  return fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      ...{ subject_token_type: 'urn:cardea:token-type:api_key', subject_token: key },
      audience: ordersApi,
    }),
  });
}

/** A form that the person was never shown, with their own token. */
async function forgedForm({ open }: Visitor, path: string): Promise<string> {
  const token = /name="form_token" value="([^"]+)"/.exec((await open('')).html)?.[1] ?? '';
  return `<form action="/account${path}"><input name="form_token" value="${token}"></form>`;
}
