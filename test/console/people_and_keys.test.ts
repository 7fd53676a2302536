/**
 * Users, groups, projects and API keys on the pages of the console. One server for all.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from '../../harness/user_agent.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import {
  alice,
  besides,
  bob,
  carol,
  createOperator,
  dave,
  declaration,
  errorOf,
  headingOf,
  type Operator,
  ordersApi,
} from './scene.ts';

onSqlite((stores) => {
  describe('People and keys on the console', () => {
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      owner = await createOperator(server.issuer, alice);
    });
    after(() => server?.close());

    const ada = {
      ...{ username: 'ada', email: 'ada@example.com', email_verified: 'on' },
      ...{ groups: 'engines\nwriters', roles: 'editor', password: 'notes-on-the-engine' },
      claims: '{ "given_name": "Ada", "locale": "en" }',
    };

    test('An owner creates a user, finds them by text, group and state, and changes all of them', async () => {
      const made = await owner.send(await owner.open('/new-user'), /new-user$/, ada);
      assert.equal(headingOf(made), 'ada');
      assert.match(made.html, /ada is created\./);
      assert.match(made.html, />Managed here</);
      for (const shown of ['ada@example.com', 'Verified', 'engines', 'editor', 'given_name']) {
        assert.ok(made.html.includes(shown), shown);
      }
      for (const [query, isFound] of [
        ['text=ada', true],
        ['group=writers&enabled=true', true],
        ['group=writers&enabled=false', false],
        ['group=nobody', false],
      ] as const) {
        const list = await owner.open(`/users?${query}`);
        assert.equal(list.html.includes('ada@example.com'), isFound, query);
      }
      const found = await owner.open('/search?q=ada');
      assert.match(found.html, /href="[^"]*\/console\/users\/[^"]+"[^>]*>.*ada/);

      const edited = await owner.send(await owner.open('/users/ada/edit'), /edit$/, {
        ...{ groups: '', claims: '{ "locale": "fr" }' },
      });
      assert.match(edited.html, /ada is saved\./);
      assert.ok(!edited.html.includes('given_name'), 'a claim that was taken out is gone');
      assert.ok(!edited.html.includes('engines'), 'a group that was taken out is gone');
    });

    test('Claims that are no JSON, or of the wrong type, and a short password stand by their fields', async () => {
      const send = async (fields: Record<string, string>) =>
        owner.send(await owner.open('/new-user'), /new-user$/, { username: 'mary', ...fields });
      const noJson = await send({ claims: '{ nothing', password: 'kept-from-the-page' });
      assert.equal(noJson.status, 400);
      assert.match(errorOf(noJson, 'claims'), /^It /);
      assert.ok(noJson.html.includes('{ nothing'), 'what was typed stays');
      assert.ok(!noJson.html.includes('kept-from-the-page'), 'a password does not come back');
      assert.match(errorOf(await send({ claims: '{ "given_name": 7 }' }), 'claims'), /given_name/);
      assert.match(errorOf(await send({ password: 'short' }), 'password'), /characters/);
      assert.equal((await owner.open('/users/mary')).status, 404);
    });

    test('A link for a lost phone is shown once, stands on the page of its user, and is withdrawn there', async () => {
      const before = await owner.open('/users/dave');
      assert.match(before.html, /Second factors/);
      const made = await owner.send(await owner.open('/users/dave/setup-link'), /setup-link$/);
      assert.match(made.html, /\/account\/second-factor#[\w-]+/);
      const page = await owner.open('/users/dave');
      assert.doesNotMatch(page.html, /second-factor#/);
      const [path] = /\/users\/[^"/]+\/setup-links\/[^"]+\/withdraw/.exec(page.html) ?? [];
      const done = await owner.send(await owner.open(path ?? ''), /withdraw$/);
      assert.match(done.html, /The setup link is withdrawn\./);
      const gone = await owner.open('/users/dave/remove-second-factors');
      const removed = await owner.send(gone, /remove-second-factors$/, { confirmation: 'dave' });
      assert.match(removed.html, /dave has no second factor/);
    });

    test('A session is ended on its user’s page, and the browser that had it is signed out', async () => {
      const other = await createOperator(server.issuer, carol);
      assert.equal((await other.open('')).status, 200);
      const page = await owner.open('/users/carol');
      assert.match(page.html, /signed in with ends: 1 session/);
      const [path] = /\/users\/[^"/]+\/sessions\/[^"]+\/end/.exec(page.html) ?? [];
      const question = await owner.open(path ?? '');
      assert.match(question.html, /cardea-console/);
      const done = await owner.send(question, /end$/);
      assert.match(done.html, /A session of carol has ended\./);
      assert.match(done.html, /The person is signed in nowhere\./);
      assert.notEqual(headingOf(await other.open('')), 'Home');
    });

    test('A session or grant is found however many the user has, and only as one of its own user', async () => {
      const hands = await besides(server);
      const [nina, otto] = [await hands.idOf(carol), await hands.idOf(dave)];
      const expiresAt = Date.now() + 3_600_000;
      for (let index = 0; index < 201; index += 1) {
        await hands.store.artifacts.put({
          ...{ kind: 'Session', id: `many-${index}`, accountId: nina, sessionUid: `uid-${index}` },
          ...{ payload: { authorizations: { shop: {} } }, expiresAt },
        });
      }
      await hands.store.artifacts.put({
        ...{ kind: 'Grant', id: 'grant-of-carol', grantId: 'grant-of-carol' },
        ...{ accountId: nina, clientId: 'shop' },
        ...{ payload: { openid: { scope: 'openid' } }, expiresAt },
      });
      // Each is on one page of the user's, and on one only.
      const seen: string[] = [];
      let next: string | undefined = `/users/${nina}`;
      for (let pages = 0; next !== undefined; pages += 1) {
        assert.ok(pages < 10, 'the pages go in circles');
        const { html } = await owner.open(next);
        seen.push(...[...html.matchAll(/\/sessions\/(many-\d+)\/end/g)].map(([, id = '']) => id));
        const [, more] = /href="\/console([^"]+)">Older sessions</.exec(html) ?? [];
        if (more === undefined) assert.match(html, />Newest sessions</);
        next = more?.replaceAll('&amp;', '&');
      }
      assert.equal(seen.length, 201);
      assert.equal(new Set(seen).size, 201);
      // The oldest is on no first page.
      const question = await owner.open(`/users/${nina}/sessions/many-0/end`);
      assert.equal(headingOf(question), 'End a session of carol?');
      assert.equal((await owner.open(`/users/${otto}/sessions/many-0/end`)).status, 404);
      const grant = await owner.open('/grants/grant-of-carol/revoke');
      assert.equal(headingOf(grant), 'Revoke a grant of carol?');
      assert.equal((await owner.open(`/users/${otto}/grants/grant-of-carol/revoke`)).status, 404);
      assert.match((await owner.send(question, /end$/)).html, /A session of carol has ended\./);
      assert.match((await owner.send(grant, /revoke$/)).html, /A grant of carol is revoked\./);
      assert.equal((await owner.send(grant, /revoke$/)).status, 404);
      await hands.close();
    });

    test('An administrator is not offered what would change an owner’s account or keys', async () => {
      const administrator = await createOperator(server.issuer, dave);
      const page = await administrator.open('/users/alice');
      assert.match(page.html, /This person has rights here that you do not have/);
      assert.doesNotMatch(page.html, /users\/[^"]+\/(edit|disable|password|delete)"/);
      assert.match((await administrator.open('/users/bob')).html, /users\/[^"]+\/disable"/);
      const hands = await besides(server);
      const id = await hands.idOf(alice);
      const made = await owner.send(await owner.open(`/new-api-key?user_id=${id}`), /new-api-key/, {
        ...{ name: 'Of the owner', api: ordersApi, scopes: 'orders:read' },
      });
      assert.equal(headingOf(made), 'Of the owner is ready');
      const key = await administrator.open(
        pathOf(await administrator.open('/api-keys?text=owner')),
      );
      assert.doesNotMatch(key.html, /api-keys\/[^"]+\/(edit|rotate)"/);
      assert.match(key.html, /api-keys\/[^"]+\/revoke"/);
      await hands.close();
    });

    test('A user is disabled with the numbers of what ends, and enabled again', async () => {
      const question = await owner.open('/users/ada/disable');
      assert.match(question.html, /signed in nowhere, and has allowed nothing/);
      assert.match((await owner.send(question, /disable$/)).html, /ada is disabled/);
      const back = await owner.send(await owner.open('/users/ada/enable'), /enable$/);
      assert.match(back.html, /ada is enabled\./);
      assert.match(back.html, /user\.disabled/);
    });

    test('A user gets a new password and is deleted only where the name is typed', async () => {
      const form = await owner.open('/users/ada/password');
      const short = await owner.send(form, /password$/, { password: 'short' });
      assert.match(errorOf(short, 'password'), /characters/);
      const set = await owner.send(form, /password$/, { password: 'a-better-one-of-these' });
      assert.match(set.html, /ada has a new password/);
      const question = await owner.open('/users/ada/delete');
      const mistyped = await owner.send(question, /delete$/, { confirmation: 'ad' });
      assert.match(mistyped.html, /This is not the same/);
      const gone = await owner.send(question, /delete$/, { confirmation: 'ada' });
      assert.match(gone.html, /ada is deleted/);
      assert.equal((await owner.open('/users/ada')).status, 404);
    });

    const scopesOnly = { scopes: 'orders:read' };
    const keyFields = { ...scopesOnly, api: ordersApi, allow_ips: '127.0.0.1' };

    test('An owner creates a key for a user, sees it once with the commands that use it, and finds it again', async () => {
      const nobodys = await owner.send(await owner.open('/new-api-key'), /new-api-key/, {
        ...{ ...keyFields, name: 'Nightly', allow_ips: 'nowhere', expires_in: '2592000' },
      });
      assert.equal(nobodys.status, 400);
      assert.match(errorOf(nobodys, 'allow_ips'), /^Line 1 /);
      const { id } = await userOf('bob');
      const form = await owner.open(`/new-api-key?user_id=${id}`);
      const made = await owner.send(form, /new-api-key/, {
        ...{ ...keyFields, name: 'Nightly', expires_in: '2592000' },
      });
      assert.equal(headingOf(made), 'Nightly is ready');
      const key = keyIn(made);
      assert.ok(made.html.includes(`Authorization: Bearer ${key}`));
      assert.ok(made.html.includes('/api-keys/verify'));
      const again = await owner.send(form, /new-api-key/, {
        ...{ ...keyFields, name: 'Nightly', expires_in: '2592000' },
      });
      assert.equal(keyIn(again), key, 'sent twice, the form creates one key');

      const list = await owner.open('/api-keys?text=nigh');
      assert.equal(list.html.match(/class="row-link"/g)?.length, 1);
      assert.ok(!list.html.includes(key));
      const page = await owner.open(pathOf(list));
      assert.equal(headingOf(page), 'Nightly');
      assert.match(page.html, /Usage of 30 days/);
      assert.match((await owner.open('/search?q=nightly')).html, /API key/);
      assert.match((await owner.open('/users/bob')).html, /Nightly/);
    });

    test('A key is rotated with an overlap, disabled, enabled, and revoked where its name is typed', async () => {
      const path = pathOf(await owner.open('/api-keys?text=nightly'));
      const send = async (below: string, fields = {}) =>
        owner.send(await owner.open(`${path}${below}`), new RegExp(`${below}$`), fields);
      assert.match((await send('/edit', { name: 'Nightly job' })).html, /Nightly job is saved/);
      assert.match((await send('/disable')).html, /Nightly job is disabled/);
      assert.match((await send('/enable')).html, /Nightly job is enabled/);
      const rotated = await send('/rotate', { overlap: '60' });
      assert.equal(headingOf(rotated), 'The new key of Nightly job');
      assert.match(rotated.html, /The old one ends/);
      const question = await owner.open(`${path}/revoke`);
      assert.match(question.html, /Nobody has used it in the last 30 days/);
      const mistyped = await owner.send(question, /revoke$/, { confirmation: 'Nightly' });
      assert.match(mistyped.html, /This is not the same/);
      const revoked = await owner.send(question, /revoke$/, { confirmation: 'Nightly job' });
      assert.match(revoked.html, /Nightly job is revoked/);
      assert.match(revoked.html, /status-quiet">Revoked/);
    });

    const userOf = async (name: string) => {
      const { html } = await owner.open(`/users?text=${name}`);
      return { id: /\/console\/users\/([^"?]+)"/.exec(html)?.[1] ?? '' };
    };

    test('A project has keys and members, and is deleted only when none of its keys is active', async () => {
      const { id } = await userOf('bob');
      const form = await owner.open('/new-project');
      const made = await owner.send(form, /new-project$/, {
        ...{ name: 'Warehouse', api: ordersApi, scopes: 'orders:read', member_ids: id },
      });
      assert.match(made.html, /Warehouse is created/);
      assert.match(made.html, />bob</);
      const [newKey] = /\/new-api-key\?[^"]+/.exec(made.html) ?? [];
      const keyForm = await owner.open(newKey?.replaceAll('&amp;', '&') ?? '');
      const key = await owner.send(keyForm, /new-api-key/, { name: 'Scanner', ...scopesOnly });
      assert.equal(headingOf(key), 'Scanner is ready');
      const send = async (below: string, fields = {}) =>
        owner.send(await owner.open(`/projects/Warehouse${below}`), RegExp(`${below}$`), fields);
      const question = await owner.open('/projects/Warehouse/disable');
      assert.match(question.html, /1 API key: APIs refuse/);
      assert.match((await send('/disable')).html, /Warehouse is disabled/);
      assert.match((await send('/enable')).html, /Warehouse is enabled/);
      const kept = await send('/delete', { confirmation: 'Warehouse' });
      assert.equal(kept.status, 400);
      const saved = await send('/edit', { member_ids: '', scopes: '' });
      assert.match(saved.html, /All of the API/);
      assert.doesNotMatch(saved.html, />bob</);
      assert.match((await owner.open('/search?q=ware')).html, /Project/);
      const keyPath = pathOf(await owner.open('/api-keys?text=scanner'));
      const revoke = await owner.open(`${keyPath}/revoke`);
      await owner.send(revoke, /revoke$/, { confirmation: 'Scanner' });
      const gone = await send('/delete', { confirmation: 'Warehouse' });
      assert.match(gone.html, /Warehouse is deleted/);
    });

    test('A group shows its members, is described anew, and is deleted only when it is empty', async () => {
      const made = await owner.send(await owner.open('/new-group'), /new-group$/, {
        name: 'night shift/a',
      });
      assert.match(made.html, /Nobody is in this group/);
      const path = `/groups/${encodeURIComponent('night shift/a')}`;
      const form = await owner.open('/new-user');
      const joined = { username: 'nina', groups: 'night shift/a' };
      await owner.send(form, /new-user$/, joined);
      assert.match((await owner.open(path)).html, />nina</);
      const send = async (below: string, fields = {}) =>
        owner.send(await owner.open(`${path}${below}`), RegExp(`${below}$`), fields);
      assert.match((await send('/edit', { description: 'After ten' })).html, /After ten/);
      const kept = await send('/delete', { confirmation: 'night shift/a' });
      assert.match(kept.html, /It is not deleted while somebody is in it: now 1/);
      await owner.send(await owner.open('/users/nina/edit'), /edit$/, { groups: '' });
      const gone = await send('/delete', { confirmation: 'night shift/a' });
      assert.match(gone.html, /night shift\/a is deleted/);
    });

    test('A group that only users name is listed with its members, and can be described', async () => {
      const joined = { username: 'olga', groups: 'rowers & sons\nzebras' };
      await owner.send(await owner.open('/new-user'), /new-user$/, joined);
      const list = await owner.open('/groups');
      assert.match(list.html, /rowers &amp; sons/);
      assert.match(list.html, /Only users name it/);
      const path = `/groups/${encodeURIComponent('rowers & sons')}`;
      const page = await owner.open(path);
      assert.match(page.html, />olga</);
      assert.doesNotMatch(page.html, /groups\/[^"]+\/delete"/);
      const form = await owner.open(`${path}/edit`);
      const saved = await owner.send(form, /edit$/, { description: 'Every Tuesday' });
      assert.match(saved.html, /Every Tuesday/);
      // Of two who describe it first, the later one is told.
      const stale = await owner.send(form, /edit$/, { description: 'Every Friday' });
      assert.equal(stale.status, 412);
      await owner.send(await owner.open('/users/olga/edit'), /edit$/, { groups: '' });
      const after = await owner.open('/groups');
      assert.match(after.html, /rowers &amp; sons/);
      assert.doesNotMatch(after.html, /zebras/);
      assert.equal((await owner.open('/groups/zebras')).status, 404);
    });

    test('An auditor sees users and is offered nothing that changes them', async () => {
      const auditor = await createOperator(server.issuer, carol);
      const page = await auditor.open(`/users/${bob.username}`);
      assert.equal(headingOf(page), 'bob');
      for (const below of ['/edit', '/disable', '/password', '/delete']) {
        assert.doesNotMatch(page.html, new RegExp(`users/[^"]+${below}"`));
      }
      assert.equal((await auditor.open('/users/bob/disable')).status, 403);
    });
  });
});

function keyIn({ html }: Page): string {
  return /data-secret>([^<]+)</.exec(html)?.[1] ?? '';
}

/** Of the first row, below `/console`. */
function pathOf({ html }: Page): string {
  return /class="row-link" href="[^"]*\/console(\/[^"]+)"/.exec(html)?.[1] ?? '';
}
