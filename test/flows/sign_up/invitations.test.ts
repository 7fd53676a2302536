/** Operators invite people: what the account gets, and when an invitation ends. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createUserAgent } from '../../../harness/user_agent.ts';
import { adminApi, adminScopeNames } from '../../../src/definitions/admin_scopes.ts';
import {
  type AdminClient,
  adminClient,
  callerOf,
  declaration as ofAdmin,
} from '../../admin/scene.ts';
import { createShiftedClock } from '../../support/clock.ts';
import { basic, postForm } from '../../support/flows.ts';
import { startMailServer } from '../../support/mail_server.ts';
import { createMailbox } from '../../support/mailbox.ts';
import { startTestServer } from '../../support/server.ts';
import { eachEngine, onSqlite } from '../../support/stores.ts';
import { app, password, signUpScene } from './scene.ts';

const week = 7 * 24 * 3600_000;

await eachEngine((stores) => {
  describe('Invitations', () => {
    const scene = signUpScene(stores, {
      declaration: {
        ...ofAdmin,
        ...{ registration: { mode: 'invitation', domains: ['mail.example'] } },
        clients: [...ofAdmin.clients, app],
        users: ['adele', 'sven'].map((username) => ({
          ...{ username, subject: username, claims: { name: `${username} of Operations` } },
        })),
      },
    });
    let call: AdminClient;
    before(async () => {
      call = await adminClient(scene().server.issuer);
    });

    /** What somebody in this role calls with. */
    const operator = async (id: string, role: string) => {
      const headers = { 'if-none-match': '*' };
      await call('PUT', `/operators/${id}`, { body: { role }, headers });
      const { body } = await call('POST', '/api-keys', {
        body: { name: id, api: adminApi, user_id: id, scopes: [...adminScopeNames] },
      });
      return { call: callerOf(scene().server.issuer, String(body.key)), keyId: String(body.id) };
    };
    const invite = async (email: string, more = {}, by = call) => {
      const mail = await scene().mailbox.nextLink(email);
      const made = await by('POST', '/invitations', { body: { email, ...more } });
      assert.equal(made.status, 201, made.text);
      return { ...(await mail()), id: String(made.body.id), made };
    };

    test('Whoever reads the mail makes the account, with the groups and roles of the invitation, once', async () => {
      const { finish, mailbox, browser } = scene();
      const { link } = await invite('alice@mail.example', {
        ...{ groups: ['dev'], roles: ['editor'], locale: 'de' },
      });
      const [mail] = await mailbox.of('alice@mail.example');
      assert.match(mail?.subject ?? '', /eingeladen/);
      for (const method of ['HEAD', 'GET']) {
        assert.equal((await fetch(link, { method })).status, 200);
      }
      const pages = await Promise.all([1, 2, 3, 4].map(async () => browser().open(link)));
      const done = await Promise.all(pages.map((page) => finish(browser(), page)));
      assert.deepEqual(done.map(({ status }) => status).sort(), [200, 410, 410, 410]);
      const { body } = await call('GET', '/users/alice@mail.example');
      assert.deepEqual(
        [body.username, body.email, body.email_verified, body.groups, body.roles],
        ['alice@mail.example', 'alice@mail.example', true, ['dev'], ['editor']],
      );
      const events = (await call('GET', `/audit-events?user_id=${body.id}&limit=10`)).body.items;
      const types = (events as { type: string; reason?: string }[]).map(({ type }) => type);
      assert.ok(types.includes('invitation.accepted'));
      const again = await call('POST', '/invitations', { body: { email: 'alice@mail.example' } });
      assert.equal(again.body.code, 'already_exists');
      const gone = await browser().open(link);
      assert.equal(gone.status, 410);
      assert.match(gone.html, /Ask whoever has invited you/);
      assert.match(gone.html, /href="\/account"[^>]*>Sign in</);
    });

    test('Nobody registers without one', async () => {
      const { server, browser } = scene();
      for (const path of ['/sign-up', '/sign-up/code']) {
        assert.equal((await fetch(`${server.issuer}${path}`)).status, 404);
        assert.equal((await fetch(`${server.issuer}${path}`, { method: 'POST' })).status, 404);
      }
      const { html } = await browser().open(`${server.issuer}/account`);
      assert.ok(!html.includes('/sign-up'));
      const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`);
      const { prompt_values_supported: prompts } = (await discovery.json()) as never;
      assert.ok(!(prompts as string[]).includes('create'));
    });

    test('It is listed without its link, replaced by the next one to the address, and withdrawn', async () => {
      const { browser } = scene();
      const first = await invite('bob@mail.example', { roles: ['too much'] });
      const { link, id, made } = await invite('bob@mail.example');
      assert.equal((await browser().open(first.link)).status, 410);
      const listed = await call('GET', '/invitations');
      const items = listed.body.items as Record<string, unknown>[];
      const ofBob = items.filter(({ email }) => email === 'bob@mail.example');
      assert.deepEqual(ofBob, [made.body]);
      assert.equal(made.body.created_by, 'client:deployment');
      const token = new URL(link).searchParams.get('token') ?? '';
      assert.ok(!listed.text.includes(token) && !made.text.includes(token));
      assert.deepEqual((await call('GET', `/invitations/${id}`)).body, made.body);

      assert.equal((await call('DELETE', `/invitations/${id}?dry_run=true`)).status, 200);
      assert.equal((await browser().open(link)).status, 200);
      assert.equal((await call('DELETE', `/invitations/${id}`)).status, 204);
      assert.equal((await call('DELETE', `/invitations/${id}`)).status, 404);
      assert.equal((await call('GET', `/invitations/${id}`)).status, 404);
      assert.equal((await browser().open(link)).status, 410);
    });

    test('A page that was open when it was withdrawn makes no account', async () => {
      const { browser, finish } = scene();
      const { link, id } = await invite('carol@mail.example');
      const agent = browser();
      const page = await agent.open(link);
      await call('DELETE', `/invitations/${id}`);
      assert.equal((await finish(agent, page)).status, 410);
      assert.equal((await call('GET', '/users/carol@mail.example')).status, 404);
    });

    test('It ends when whoever made it may not create users any more', async () => {
      const { browser } = scene();
      const { call: adele, keyId } = await operator('adele', 'administrator');
      const [first, second] = [
        await invite('dora@mail.example', {}, adele),
        await invite('erin@mail.example', {}, adele),
      ];
      const { host } = new URL(scene().server.issuer);
      const [mail] = await scene().mailbox.of('dora@mail.example');
      const words = `adele of Operations invites you to create an account at Cardea (${host}).`;
      assert.ok(mail?.text.includes(words), mail?.text);
      assert.equal((await browser().open(first.link)).status, 200);
      await call('POST', `/api-keys/${keyId}/revoke`, { body: {} });
      assert.equal((await browser().open(first.link)).status, 410);
      assert.equal((await browser().open(second.link)).status, 410);
    });

    test('It ends with the project whose API key made it, and when the key’s project may no longer do that', async () => {
      const { browser } = scene();
      for (const [name, change] of [
        ['disabled', (id: string) => call('POST', `/projects/${id}/disable`, { body: {} })],
        [
          'narrowed',
          (id: string) =>
            call('PATCH', `/projects/${id}`, {
              ...{ body: { scopes: ['users:read'] }, headers: { 'if-match': '*' } },
            }),
        ],
      ] as const) {
        const project = await call('POST', '/projects', { body: { name, api: adminApi } });
        assert.equal(project.status, 201, project.text);
        const projectId = String(project.body.id);
        const made = await call('POST', '/api-keys', {
          body: { name, api: adminApi, project_id: projectId, scopes: ['users:write'] },
        });
        const byKey = callerOf(scene().server.issuer, String(made.body.key));
        const { link } = await invite(`${name}@mail.example`, {}, byKey);
        assert.equal((await browser().open(link)).status, 200, name);
        const changed = await change(projectId);
        assert.equal(changed.status, 200, changed.text);
        assert.equal((await browser().open(link)).status, 410, name);
      }
    });

    test('It ends when the client that made it has lost the admin API, or belongs to a project', async () => {
      const { browser, server } = scene();
      const another = 'https://another.example';
      const scopes = { 'users:write': 'Of its own' };
      const api = { identifier: another, name: 'Another', scopes };
      assert.equal((await call('POST', '/apis', { body: api })).status, 201);
      for (const [client_id, change] of [
        ['without-api', { apis: [], scope: 'openid' }],
        ['of-another-api', { apis: [another] }],
        ['of-a-project', { project: 'some-project' }],
      ] as const) {
        const made = await call('POST', '/clients', {
          body: {
            ...{ client_id, grant_types: ['client_credentials'], apis: [adminApi] },
            ...{ scope: 'users:write', token_endpoint_auth_method: 'client_secret_basic' },
          },
        });
        assert.equal(made.status, 201, made.text);
        const { body } = await postForm(
          `${server.issuer}/token`,
          { grant_type: 'client_credentials' },
          { authorization: basic(client_id, String(made.body.client_secret)) },
        );
        const byClient = callerOf(server.issuer, String(body.access_token));
        const { link } = await invite(`${client_id}@mail.example`, {}, byClient);
        assert.equal((await browser().open(link)).status, 200, client_id);
        const changed = await call('PATCH', `/clients/${client_id}`, {
          ...{ body: change, headers: { 'if-match': '*' } },
        });
        assert.equal(changed.status, 200, changed.text);
        assert.equal((await browser().open(link)).status, 410, client_id);
      }
    });

    test('Who may not create users invites nobody, and what is refused is not sent', async () => {
      const { smtp } = scene();
      const { call: sven } = await operator('sven', 'support');
      const sent = smtp.received.length;
      const body = { email: 'frank@mail.example' };
      assert.equal((await sven('POST', '/invitations', { body })).status, 403);
      const dry = await call('POST', '/invitations?dry_run=true', { body });
      assert.equal(dry.status, 200, dry.text);
      for (const [email, status, code] of [
        ['frank@other.example', 409, 'domain_not_allowed'],
        ['a@mail.example, b@mail.example', 400, undefined],
        ['a@mail.example\r\nBcc: b@mail.example', 400, undefined],
      ] as const) {
        const refused = await call('POST', '/invitations', { body: { email } });
        assert.equal(refused.status, status, email);
        if (code) assert.equal(refused.body.code, code);
      }
      assert.equal(smtp.received.length, sent);
      assert.equal((await call('GET', '/users/frank@mail.example')).status, 404);
    });

    test('A repeated request sends one mail, and many to one address are refused', async () => {
      const { mailbox } = scene();
      const email = 'gina@mail.example';
      const headers = { 'idempotency-key': 'gina-1' };
      const mail = await mailbox.next(email);
      const first = await call('POST', '/invitations', { body: { email }, headers });
      const again = await call('POST', '/invitations', { body: { email }, headers });
      assert.deepEqual(again.body, first.body);
      await mail();
      assert.equal((await mailbox.of(email)).length, 1);
      let last = first;
      for (let count = 0; count < 10; count += 1) {
        last = await call('POST', '/invitations', { body: { email } });
      }
      assert.equal(last.status, 429);
    });
  });
});

onSqlite((stores) => {
  test('An invitation is good for a week', async (t) => {
    const clock = createShiftedClock();
    const smtp = await startMailServer();
    t.after(smtp.close);
    const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
    const server = await startTestServer({
      ...{ store: await stores.freshUrl(), clock },
      declaration: { ...ofAdmin, registration: { mode: 'open' }, mail },
    });
    t.after(server.close);
    const call = await adminClient(server.issuer);
    const next = await createMailbox(smtp).nextLink('alice@mail.example');
    await call('POST', '/invitations', { body: { email: 'alice@mail.example' } });
    const { link } = await next();
    clock.forward(week - 60_000);
    const agent = createUserAgent();
    const page = await agent.open(link);
    assert.equal(page.status, 200);
    clock.forward(60_000);
    const form = { action: /\/sign-up\/account$/, fields: { password } };
    assert.equal((await agent.submit(page, form)).status, 410);
  });

  test('Where nobody can register, nobody is invited', async (t) => {
    const server = await startTestServer({ store: await stores.freshUrl(), declaration: ofAdmin });
    t.after(server.close);
    const call = await adminClient(server.issuer);
    const refused = await call('POST', '/invitations', { body: { email: 'alice@mail.example' } });
    assert.deepEqual([refused.status, refused.body.code], [409, 'no_registration']);
    const { body } = await call('GET', '/invitations');
    assert.deepEqual(body, { items: [], next: null });
    assert.equal((await call('GET', '/invitations/one')).status, 404);
  });
});
