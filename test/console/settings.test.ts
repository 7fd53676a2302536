/** What the console sets: webhooks, operators, and the look of the sign-in pages. One server for all. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from '../../harness/user_agent.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';
import { type Receiver, startReceiver, verified } from '../webhooks/webhook_rooms.ts';
import {
  alice,
  besides,
  bob,
  carol,
  createOperator,
  dave,
  errorOf,
  declaration as everyones,
  fieldOf,
  headingOf,
  type Operator,
  ordersApi,
} from './scene.ts';

const fileSecret = `whsec_${Buffer.alloc(32, 'in the file').toString('base64')}`;

/** The role of alice is not in it, so that the console could take it away. */
const declaration = {
  ...everyones,
  users: everyones.users.map((user) =>
    user.username === alice.username ? { ...user, operator: undefined } : user,
  ),
  webhooks: [{ url: 'https://declared.example/hook', secret: fileSecret }],
  outbound: { allow: ['127.0.0.0/8'] },
  pages: { documentation: 'https://docs.example' },
};

onSqlite((stores) => {
  describe('Settings on the console', () => {
    let server: TestServer;
    let owner: Operator;
    let receiver: Receiver;
    const ids: Record<string, string> = {};
    const ends: (() => void)[] = [];
    before(async () => {
      server = await startTestServer({ store: await stores.freshUrl(), declaration });
      const hands = await besides(server);
      for (const person of [alice, bob, carol, dave]) {
        ids[person.username] = await hands.idOf(person);
      }
      await hands.operators.set(ids.alice ?? '', { role: 'owner' }, hands.by);
      await hands.close();
      const headers = { 'accept-language': 'de' };
      owner = await createOperator(server.issuer, alice, { headers });
      receiver = await startReceiver({ after: (end: () => void) => ends.push(end) } as never);
    });
    after(async () => {
      for (const end of ends) end();
      await server?.close();
    });

    const sendAt = async (
      path: string,
      fields: Record<string, string | string[]> = {},
      who = owner,
    ) => who.send(await who.open(path), new RegExp(`${path}$`), fields);

    /** What a delivery led to: another process of the server may be at it still. */
    const opened = async (path: string, wanted: RegExp): Promise<Page> => {
      for (;;) {
        const page = await owner.open(path);
        if (wanted.test(page.html)) return page;
      }
    };

    test('Tools within the console are English in any browser, as the console is', async () => {
      for (const path of ['/inspect', '/inspect/requests', '/which-credential?ui_locales=de']) {
        const page = await owner.open(path);
        assert.equal(page.headers.get('content-language'), 'en', path);
        assert.match(page.html, /<html lang="en"/);
      }
      const alone = await owner.agent.open(`${server.issuer}/inspect`);
      assert.equal(alone.headers.get('content-language'), 'de');
    });

    describe('Webhooks', () => {
      let path = '';

      test('A webhook is sent what was chosen from the catalogue, signed with the secret that is shown once', async () => {
        const wrong = await sendAt('/new-webhook', { url: 'nowhere', events: 'client.created' });
        assert.equal(wrong.status, 400);
        assert.match(errorOf(wrong, 'url'), /URL/);
        assert.match(wrong.html, /value="client.created" checked/);
        const fields = { url: receiver.url, description: 'On <b>call</b>' };
        const form = await owner.open('/new-webhook');
        const events = ['client.created', 'api_key.*'];
        const made = await owner.send(form, /new-webhook$/, { ...fields, events });
        assert.equal(headingOf(made), 'On &lt;b&gt;call&lt;/b&gt; is ready');
        const secret = secretIn(made);
        const again = await owner.send(form, /new-webhook$/, { ...fields, events });
        assert.equal(secretIn(again), secret, 'sent twice, the form creates one webhook');
        path = /\/webhooks\/webhook_[^"/]+/.exec(made.html)?.[0] ?? '';

        const tried = await sendAt(`${path}/test`);
        assert.match(tried.html, /took the test\./);
        const [delivery] = receiver.received;
        assert.equal(verified(delivery as never, secret).type, 'webhook.test');
        assert.ok(!tried.html.includes(secret));
        for (const event of events) assert.ok(tried.html.includes(`<bdi>${event}</bdi>`), event);
        // The path of a receiver may be a secret: it is on its own page alone.
        for (const place of ['/webhooks', '/search?q=call']) {
          const { html } = await owner.open(place);
          assert.match(html, /On &lt;b&gt;call/);
          assert.ok(!html.includes('of=acme'), place);
        }
      });

      test('Its page says what it has not got, how often that was tried, and why', async () => {
        receiver.answer = { status: 503 };
        const client = { client_name: 'Job', scope: 'orders:read', apis: ordersApi };
        await sendAt('/new-client/service', { ...client, client_id: 'job-1' });
        const failing = await opened(path, /It answered with status 503\./);
        assert.match(failing.html, /status-warning">Failing/);
        assert.match((await owner.open(`${path}/delete`)).html, /1 event waits for it now/);
        receiver.answer = { status: 410 };
        await sendAt('/new-client/service', { ...client, client_id: 'job-2' });
        await opened(path, /It answered that it wants no more \(status 410\)\./);
        const untaken = await sendAt(`${path}/test`);
        assert.match(untaken.html, /did not take the test\. It answered that it wants no more/);
      });

      test('It is edited, stopped for a while, given another secret, and deleted where its host is typed', async () => {
        const edited = await sendAt(`${path}/edit`, { description: 'Pager', events: [] });
        assert.match(edited.html, /Pager is saved\./);
        assert.match(edited.html, /The default: what somebody should look at\./);
        assert.match((await sendAt(`${path}/disable`)).html, /Pager is disabled\./);
        assert.match((await sendAt(`${path}/enable`)).html, /Pager is enabled\./);
        const rotated = await sendAt(`${path}/new-secret`, { overlap: '60' });
        assert.match(secretIn(rotated), /^whsec_/);
        assert.match(rotated.html, /The old one ends/);
        const { host } = new URL(receiver.url);
        const mistyped = await sendAt(`${path}/delete`, { confirmation: 'Pager' });
        assert.match(mistyped.html, /This is not the same/);
        const gone = await sendAt(`${path}/delete`, { confirmation: host });
        assert.match(gone.html, /Pager is deleted\./);
        assert.equal((await owner.open(path)).status, 404);
      });

      test('A webhook of the declarative file is shown with its place, and can be tried alone', async () => {
        const { html } = await owner.open('/webhooks');
        const [, own = ''] = /class="row-link" href="[^"]*\/console(\/[^"]+)"/.exec(html) ?? [];
        const page = await owner.open(own);
        assert.match(page.html, /names this webhook, at cardea\.yaml: webhooks\[0\]/);
        assert.match(page.html, /Send a test/);
        for (const below of ['edit', 'new-secret', 'disable', 'delete']) {
          assert.ok(!page.html.includes(`${own}/${below}`), below);
        }
        const refused = await sendAt(`${own}/disable`);
        assert.equal(refused.status, 400);
        assert.match(refused.html, /The declarative file manages this/);
      });
    });

    describe('Operators', () => {
      const pathOf = ({ username }: { username: string }) => `/operators/${ids[username]}`;
      const newPathOf = ({ username }: { username: string }) => `/new-operator/${ids[username]}`;

      test('The last owner stays, and the page says why', async () => {
        const page = await owner.open(pathOf(alice));
        assert.match(page.html, /This is the last owner\./);
        assert.doesNotMatch(page.html, /Change role|\/remove"/);
        const refused = await sendAt(`${pathOf(alice)}/edit`, { role: 'auditor' });
        assert.equal(refused.status, 400);
        assert.match(refused.html, /role="alert".*Make somebody else an owner first/s);
        const kept = await sendAt(`${pathOf(alice)}/remove`, { confirmation: alice.username });
        assert.match(kept.html, /Make somebody else an owner first/);
      });

      test('A user is picked, given a role, made a deployer of projects, and removed', async () => {
        const found = await owner.open('/new-operator?text=bob');
        assert.ok(found.html.includes(`/console${newPathOf(bob)}"`));
        const added = await sendAt(newPathOf(bob), { role: 'owner' });
        assert.match(added.html, /bob is now Owner\./);
        assert.match((await owner.open(pathOf(alice))).html, /Change role/);
        const there = await owner.open(newPathOf(bob));
        assert.equal(there.url, `${server.issuer}/console${pathOf(bob)}`);
        assert.match(there.html, /bob is an operator already: Owner\./);

        await sendAt('/new-project', { name: 'Warehouse', api: ordersApi });
        const nowhere = await sendAt(`${pathOf(bob)}/edit`, { role: 'deployer' });
        assert.match(errorOf(nowhere, 'projects'), /must name the projects/);
        const [, project = ''] = /name="projects" value="([^"]+)"/.exec(nowhere.html) ?? [];
        const confined = await owner.send(nowhere, /edit$/, { projects: project });
        assert.match(confined.html, /bob is now Deployer\./);
        assert.match(confined.html, />Warehouse</);
        assert.match((await owner.open('/search?q=bob')).html, /Deployer.*Operator/s);

        const gone = await sendAt(`${pathOf(bob)}/remove`, { confirmation: bob.username });
        assert.match(gone.html, /bob is no operator any more\./);
        assert.equal((await owner.open(pathOf(bob))).status, 404);
      });

      test('Whoever is no owner sees roles, is offered no change, and is told why', async () => {
        const administrator = await createOperator(server.issuer, dave);
        const list = await administrator.open('/operators');
        assert.match(list.html, /Only an owner changes who they are\./);
        assert.doesNotMatch(list.html, /Add an operator/);
        const page = await administrator.open(pathOf(carol));
        assert.match(page.html, /Only an owner changes who is an operator/);
        assert.match(page.html, /Reads everything and changes nothing\./);
        for (const path of ['/new-operator', newPathOf(bob), `${pathOf(carol)}/remove`]) {
          assert.equal((await administrator.open(path)).status, 403, path);
        }
        const declared = await owner.open(pathOf(carol));
        assert.match(declared.html, /gives this role, at cardea\.yaml: users\[\d+\]/);
        assert.doesNotMatch(declared.html, /Change role/);
      });
    });

    describe('The look of the sign-in pages', () => {
      const picture = Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 0h90v30z"/></svg>',
      ).toString('base64');
      const hostile = '"><img src=x onerror=alert(1)>';
      const signInPage = async () => {
        const stranger = await createOperator(server.issuer);
        return (await stranger.open('')).html;
      };

      test('A preview shows what is typed in both schemes, and changes nothing', async () => {
        const typed = { name: hostile, accent: '#F5C400', logo: picture, preview: 'yes' };
        const page = await sendAt('/look', { ...typed, page: 'consent' });
        assert.equal(page.status, 200);
        const frames = documentsIn(page);
        assert.equal(frames.length, 2);
        for (const [index, scheme] of ['light', 'dark'].entries()) {
          const frame = frames[index] ?? '';
          assert.ok(frame.includes('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;'), scheme);
          assert.ok(frame.includes('Northwind Shop</bdi></strong> would like'), scheme);
          assert.ok(frame.includes(`data:image/svg+xml;base64,${picture}`));
          assert.match(frame, new RegExp(`/assets/cardea-${scheme}\\.`));
          const [theme = ''] = new RegExp(`/console(/look/theme[^"]+${scheme})"`).exec(frame) ?? [];
          const sheet = await owner.agent.open(
            server.issuer + theme.replaceAll('&amp;', '&').slice(0, -1),
          );
          assert.match(sheet.headers.get('content-type') ?? '', /^text\/css/);
          assert.match(sheet.html, /--accent: #f5c400;/);
          assert.doesNotMatch(frame, /<script|autofocus/);
        }
        assert.match(page.html, /In light mode it hardly stands out from the page \(1\.6:1\)/);
        assert.ok(!(await signInPage()).includes('img src=x'));
        const wrong = await sendAt('/look', { accent: 'red', preview: 'yes' });
        assert.match(errorOf(wrong, 'accent'), /must be a colour/);
        const [kept = ''] = documentsIn(wrong);
        assert.match(kept, /accent=%234f46e5/);
      });

      test('What is saved is on the next sign-in page, and reset goes back to the defaults', async () => {
        const first = await owner.open('/look');
        assert.equal(fieldOf(first, 'documentation'), undefined);
        assert.match(
          first.html,
          /cardea\.yaml: pages\.documentation \(line 1\)\. Change it there\./,
        );
        const saved = await owner.send(first, /look$/, { name: 'Acme & Co', logo: picture });
        assert.match(saved.html, /The look is saved\./);
        assert.match(saved.html, /name: Acme &amp; Co/);
        assert.match(await signInPage(), /<title>Sign in · Acme &amp; Co<\/title>/);

        const stale = await owner.send(first, /look$/, { name: 'Too late', logo: picture });
        assert.equal(stale.status, 412);
        assert.match(stale.html, /Stored now:<\/strong> <span class="stored-value">Acme &amp; Co/);
        assert.equal(fieldOf(stale, 'name'), 'Too late');
        assert.equal(fieldOf(stale, 'logo_kept'), picture);

        const question = await owner.open('/look/reset');
        assert.match(question.html, /The logo that was uploaded is gone\./);
        const back = await owner.send(question, /reset$/);
        assert.match(back.html, /as the declarative file and the defaults say/);
        assert.doesNotMatch(await signInPage(), /Acme/);
      });

      test('A picture that is more than a drawing, and a form that is none, are refused', async () => {
        const active = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>');
        const page = await sendAt('/look', { logo: active.toString('base64') });
        assert.equal(page.status, 400);
        assert.match(errorOf(page, 'logo'), /must be a plain drawing/);
        assert.equal(fieldOf(page, 'logo_kept'), '');
        const cookie = owner.agent
          .cookies()
          .map(({ name, value }) => `${name}=${value}`)
          .join('; ');
        const send = async (type: string, body: string) =>
          fetch(page.url, {
            method: 'POST',
            headers: { cookie, origin: server.issuer, 'content-type': type },
            body,
          });
        assert.equal((await send('multipart/form-data; boundary=x', '--x\r\nnothing')).status, 400);
        assert.equal((await send('multipart/form-data', 'nothing')).status, 400);
        const large = await send('multipart/form-data; boundary=x', 'x'.repeat(1_400_000));
        assert.equal(large.status, 413);
      });

      test('An auditor sees the look and its previews, and can change none of it', async () => {
        const auditor = await createOperator(server.issuer, carol);
        const page = await auditor.open('/look');
        assert.equal(documentsIn(page).length, 2);
        assert.equal(fieldOf(page, 'accent'), undefined);
        assert.equal((await auditor.open('/look/reset')).status, 403);
      });
    });
  });
});

/** Of the frames, as their browser parses them. */
function documentsIn({ html }: Page): string[] {
  return [...html.matchAll(/srcdoc="([^"]*)"/g)].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  );
}

function secretIn({ html }: Page): string {
  return /data-secret>([^<]+)</.exec(html)?.[1] ?? '';
}
