/**
 * Invitations on the console: sent by administrators, seen by auditors, and absent where nobody can register.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type MailServer, startMailServer } from '../support/mail_server.ts';
import { createMailbox } from '../support/mailbox.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { alice, carol, createOperator, declaration, headingOf, type Operator } from './scene.ts';

onSqlite((stores) => {
  describe('Invitations on the console', () => {
    let smtp: MailServer;
    let server: TestServer;
    let owner: Operator;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      server = await startTestServer({
        store: await stores.freshUrl(),
        declaration: { ...declaration, mail, registration: { mode: 'invitation' } },
      });
      owner = await createOperator(server.issuer, alice);
    });
    after(async () => {
      await server?.close();
      await smtp?.close();
    });

    test('One is sent with groups and roles, shown without its link, and withdrawn', async () => {
      const mailbox = createMailbox(smtp);
      const mail = await mailbox.nextLink('erin@mail.example');
      const form = await owner.open('/new-invitation');
      const made = await owner.send(form, /\/new-invitation$/, {
        ...{ email: 'erin@mail.example', groups: 'dev\nops', roles: 'editor', locale: 'de' },
      });
      assert.equal(headingOf(made), 'erin@mail.example');
      assert.match(made.html, /on its way to erin@mail\.example.*dev, ops.*editor/s);
      const { link } = await mail();
      const token = new URL(link).searchParams.get('token') ?? '';
      const [read] = await mailbox.of('erin@mail.example');
      assert.match(read?.text ?? '', /^(Alice Adams|alice) lädt Sie ein, ein Konto bei /m);
      const list = await owner.open('/invitations');
      assert.match(list.html, /erin@mail\.example/);
      assert.match(list.html, /<bdi>alice<\/bdi>\s*<\/td>/);
      assert.match(made.html, /href="[^"]*\/console\/users\/[^"]+"[^>]*><bdi>alice</);
      assert.ok(!list.html.includes(token) && !made.html.includes(token));
      const id = /invitations\/([\w-]+)/.exec(made.url)?.[1] ?? assert.fail(made.url);
      const asked = await owner.open(`/invitations/${id}/withdraw`);
      const gone = await owner.send(asked, /\/withdraw$/);
      assert.match(gone.html, /is withdrawn/);
      assert.equal((await fetch(link)).status, 410);
    });

    test('What is no address is refused by its field', async () => {
      const form = await owner.open('/new-invitation');
      const refused = await owner.send(form, /\/new-invitation$/, { email: 'erin' });
      assert.equal(refused.status, 400);
      assert.match(refused.html, /aria-invalid="true"/);
    });

    test('An auditor sees those that are there, and sends none', async () => {
      const auditor = await createOperator(server.issuer, carol);
      const list = await auditor.open('/invitations');
      assert.equal(list.status, 200);
      assert.ok(!list.html.includes('/console/new-invitation'));
      assert.equal((await auditor.open('/new-invitation')).status, 403);
    });
  });

  test('Where nobody can register, the console has no invitations', async (t) => {
    const server = await startTestServer({ store: await stores.freshUrl(), declaration });
    t.after(server.close);
    const owner = await createOperator(server.issuer, alice);
    assert.ok(!(await owner.open('/')).html.includes('/console/invitations'));
    assert.equal((await owner.open('/invitations')).status, 404);
  });
});
