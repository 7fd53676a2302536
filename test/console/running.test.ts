/** What operators do at the console while the server runs: revoke, look refusals up, read the audit log. One server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { placesFor } from '../../src/console/frame.ts';
import { consolePages } from '../../src/console/room.ts';
import type { AdminScope } from '../../src/definitions/admin_scopes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  bob,
  createOperator,
  declaration,
  headingOf,
  type Operator,
  ordersApi,
} from './scene.ts';

onSqlite((stores) => {
  describe('Running Cardea from the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server.close());

    test('An owner sees what a revocation hits, types the name, and sees how far it has come', async () => {
      const unknown = await owner.open('/revoke/confirm?kind=user&name=nobody');
      assert.equal(unknown.status, 400);
      assert.match(unknown.html, /No such user/);

      const ask = await owner.open(`/revoke/confirm?kind=user&name=${bob.username}`);
      assert.equal(headingOf(ask), 'Revoke the user bob?');
      assert.match(ask.html, /No JWT access token that it would hit is alive/);

      const mistyped = await owner.send(ask, /confirm/, { confirmation: 'alice' });
      assert.equal(mistyped.status, 400);
      assert.match(mistyped.html, /This is not the same\. Nothing was done\./);

      const fields = { confirmation: bob.username, reason: 'lost laptop' };
      const done = await owner.send(mistyped, /confirm/, fields);
      assert.equal(headingOf(done), 'How far it has come');
      assert.match(done.html, /User bob is revoked\./);
      assert.match(done.html, /Refused since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
      assert.match(done.html, /Dead at every verifier/);
      // Of whom, and when, the server knows, whatever else an address says.
      assert.match(done.html, />User<\/dt><dd>/);
      const crafted = `${new URL(done.url).pathname.split('/console')[1]}?revoked_at=2020-01-01T00:00:00Z`;
      const { html } = await owner.open(crafted);
      assert.doesNotMatch(html, /2020/);
      const nothing = '/revocations/nothing?revoked_at=2020-01-01T00:00:00Z&within=1';
      assert.equal((await owner.open(nothing)).status, 404);
    });

    test('Every parameter of a page’s address is one that its operation looks at', () => {
      for (const { path, operation, name } of consolePages) {
        if (!operation) continue;
        const ignored = [...path.matchAll(/:(\w+)/g)].filter(
          ([, parameter]) => !operation.path.includes(`{${parameter}}`),
        );
        // Which form it is, and nobody's object.
        const isForm = path === '/new-client/:kind';
        assert.ok(isForm || ignored.length === 0, `${name}: ${path}, ${operation.path}`);
      }
    });

    test('A place that needs two scopes is offered to nobody who has one of them', () => {
      const placesOf = (...scopes: AdminScope[]) =>
        placesFor({ role: 'support', scopes: new Set(scopes) }, new Set()).map(({ href }) => href);
      assert.ok(placesOf('users:read', 'clients:read').includes('/token-preview'));
      assert.ok(!placesOf('users:read').includes('/token-preview'));
    });

    test('A refused request is found by its reference, with what it means', async () => {
      const refused = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ grant_type: 'authorization_code', client_id: 'shop', code: 'invented' },
          redirect_uri: 'https://shop.example/callback',
        }),
      });
      const reference = refused.headers.get('x-request-id') ?? '';
      assert.notEqual(reference, '');

      const found = await owner.open(`/search?q=${reference}`);
      assert.ok(found.html.includes(`/console/refusals/${reference}`));
      const page = await owner.open(`/refusals/${reference}`);
      assert.equal(page.status, 200);
      assert.match(page.html, /What it means/);
      const list = await owner.open('/refusals?client_id=shop');
      assert.ok(list.html.includes(reference));
      assert.match((await owner.open('/refusals?client_id=another')).html, /Nothing matches/);
    });

    test('The search finds a request by its id, a refusal by its reference, and a revoked token by its jti', async () => {
      const form = await owner.open('/new-client/service');
      const made = await owner.send(form, /new-client/, {
        ...{ client_id: 'searched', client_name: 'Searched', apis: ordersApi },
        scope: 'orders:read',
      });
      const [, secret = ''] = /data-secret>([^<]+)</.exec(made.html) ?? [];
      const post = (path: string, body: Record<string, string>) =>
        fetch(`${server.issuer}${path}`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa(`searched:${secret}`)}` },
          body: new URLSearchParams(body),
        });
      const idOf = ({ headers }: Response) => headers.get('x-request-id') ?? '';
      const search = async (text: string) =>
        (await owner.open(`/search?${new URLSearchParams({ q: text })}`)).html;

      const issued = await post('/token', { grant_type: 'client_credentials' });
      const { access_token: token } = (await issued.json()) as { access_token: string };
      const { jti } = decodeJwt(token);
      const refused = await post('/token', { grant_type: 'password' });
      const revoked = await post('/revoke', { token });

      assert.match(await search(idOf(refused)), /href="\/console\/refusals\/.*Refusal/s);
      for (const [text, query] of [
        [idOf(revoked), `request_id=${idOf(revoked)}`],
        [String(jti), `target_kind=token&amp;target_id=${jti}`],
      ] as const) {
        const link = `/audit?${query}`;
        assert.ok((await search(text)).includes(`href="/console${link}"`), query);
        assert.match((await owner.open(link.replace('&amp;', '&'))).html, /revocation\.token/);
      }
      assert.doesNotMatch(await search(`${jti}x`), /Audit events/);
    });

    test('The audit log shows what a change was from and to, and links to what it touched', async () => {
      const form = await owner.open('/new-client/service');
      await owner.send(form, /new-client/, {
        ...{ client_id: 'job', client_name: 'Old name', apis: ordersApi, scope: 'orders:read' },
      });
      const edit = await owner.open('/clients/job/edit');
      await owner.send(edit, /edit/, { client_name: '<b>New</b> name' });

      const log = await owner.open('/audit?target_kind=client&target_id=job');
      const rows = /<table class="differences">.*?<\/table>/s.exec(log.html)?.[0] ?? '';
      assert.match(rows, /client_name.*Old name.*&lt;b&gt;New&lt;\/b&gt; name/s);
      assert.match(log.html, /href="\/console\/clients\/job"/);
      const revoked = await owner.open('/audit?type=revocation.user&from=2020-01-01');
      assert.match(revoked.html, /lost laptop/);
      const wrong = await owner.open('/audit?target_kind=client&from=yesterday');
      assert.equal(wrong.status, 400);
      assert.match(wrong.html, /role="alert"/);
    });

    test('Signing keys are rotated, and one is revoked by typing its id', async () => {
      const rotation = await owner.open('/signing-keys/rotate');
      const rotated = await owner.send(rotation, /rotate/);
      assert.match(rotated.html, /The rotation is under way\./);
      assert.match(rotated.html, /class="lane lane-current"/);
      const kid = /signing-keys\/([^/"]+)\/revoke/.exec(rotated.html)?.[1] ?? '';
      const ask = await owner.open(`/signing-keys/${kid}/revoke`);
      const refused = await owner.send(ask, /revoke/, { confirmation: 'another' });
      assert.equal(refused.status, 400);
      const done = await owner.send(refused, /revoke/, { confirmation: kid });
      assert.equal(headingOf(done), 'How far it has come');
      assert.match((await owner.open('/signing-keys')).html, /class="lane lane-revoked"/);
    });

    test('A preview shows the claims of tokens, or why the request would be refused', async () => {
      const query = new URLSearchParams({ client: 'shop', user: 'bob', scopes: 'openid' });
      const page = await owner.open(`/token-preview?${query}`);
      assert.equal(page.status, 200);
      for (const title of ['Access token', 'ID token', 'Userinfo']) {
        assert.ok(page.html.includes(`>${title}</h2>`), title);
      }
      const refused = await owner.open('/token-preview?client=nobody');
      assert.match(refused.html, /would be refused|No such client/);
      const unknown = await owner.open('/token-preview?client=shop&user=nobody');
      assert.equal(unknown.status, 400);
    });

    test('The inspector and the guide are in the console, and a form without its token is refused', async () => {
      const page = await owner.open('/inspect');
      assert.match(page.html, /aria-current="page"[^>]*>.*?Inspector/s);
      const report = await owner.send(page, /inspect/, { token: 'not-a-token' });
      assert.equal(report.status, 200);
      assert.equal(report.url, `${server.issuer}/console/inspect`);
      assert.match(report.html, /class="nav-link"/);
      const forged = await owner.send(page, /inspect/, { token: 'not-a-token', form_token: 'x' });
      assert.equal(forged.status, 403);

      const tester = await owner.open('/inspect/requests');
      const built = await owner.send(tester, /requests/, { client_id: 'shop', scope: 'openid' });
      assert.equal(built.status, 200);
      assert.match(built.html, /data-step="authorize"/);
      const guide = await owner.open('/which-credential');
      assert.match(guide.html, /class="nav-link"/);
      assert.match(guide.headers.get('content-security-policy') ?? '', /form-action 'self'/);
    });

    test('The first page says how the server does, and has a dash where nothing was counted', async () => {
      const page = await owner.open('?range=month');
      assert.equal(page.status, 200);
      assert.match(page.html, /Signing key since/);
      assert.match(page.html, /<td>–<\/td>/);
      assert.match(page.html, /range=month" aria-current/);
    });
  });
});
