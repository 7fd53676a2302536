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
  bob,
  carol,
  createOperator,
  declaration,
  headingOf,
  type Operator,
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

    test('A session is ended on its user’s page, and the browser that had it is signed out', async () => {
      const other = await createOperator(server.issuer, carol);
      assert.equal((await other.open('')).status, 200);
      const page = await owner.open('/users/carol');
      assert.match(page.html, /1 session and no grants|1 session and 1 grant/);
      const [path] = /\/users\/[^"/]+\/sessions\/[^"]+\/end/.exec(page.html) ?? [];
      const question = await owner.open(path ?? '');
      assert.match(question.html, /cardea-console/);
      const done = await owner.send(question, /end$/);
      assert.match(done.html, /A session of carol has ended\./);
      assert.match(done.html, /The person is signed in nowhere\./);
      assert.notEqual(headingOf(await other.open('')), 'Home');
    });

    test('A user is disabled with the numbers of what ends, and enabled again', async () => {
      const question = await owner.open('/users/ada/disable');
      assert.match(question.html, /no sessions and no grants/);
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

/** What stands by a field as wrong; empty: nothing. */
function errorOf({ html }: Page, name: string): string {
  const [, inner = ''] = new RegExp(`id="field-${name}-error">(.*?)</p>`, 's').exec(html) ?? [];
  return inner.replace(/<[^>]*>/g, '').trim();
}
