/**
 * What strangers try where people register themselves: to learn who has an account, to be in somebody's account before
 * its owner, to use or guess what was sent to others, to have very many mails sent.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparable } from '../../harness/comparable_answers.ts';
import { createUserAgent, type Page } from '../../harness/user_agent.ts';
import { openStore } from '../../src/storage/open.ts';
import { beginSignIn, newApp, walk } from '../flows/second_factor/walk.ts';
import { password, signUpScene } from '../flows/sign_up/scene.ts';
import { createShiftedClock } from '../support/clock.ts';
import { postForm } from '../support/flows.ts';
import { until } from '../support/site.ts';
import { lookUps, operationsDuring } from '../support/store_operations.ts';
import { eachEngine, onSqlite } from '../support/stores.ts';

await eachEngine((stores) => {
  describe('Strangers where people register themselves', () => {
    const scene = signUpScene(stores, {
      declaration: {
        users: [
          { username: 'verified', email: 'verified@mail.example', email_verified: true },
          { username: 'unverified', email: 'unverified@mail.example' },
          { username: 'named@mail.example' },
        ],
      },
    });
    const users = async <T>(
      look: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
    ): Promise<T> => {
      const store = await openStore({ url: scene().server.store });
      return look(store).finally(() => store.close());
    };
    const taken = ['verified@mail.example', 'unverified@mail.example', 'named@mail.example'];
    const signIn = async (username: string, secret: string) => {
      const { url, redeem } = await beginSignIn(scene().server.issuer, 'app');
      const person = { username, password: secret };
      return redeem(await walk(createUserAgent(), url, newApp(), { person }));
    };

    test('No answer tells whether there is an account: not the pages, nor the codes, nor how they run out', async () => {
      const { ask, browser, mailbox } = scene();
      const histories = await Promise.all(
        [...taken, 'free@mail.example', 'FREE.too@mail.example'].map(async (email) => {
          const agent = browser();
          const mail = await mailbox.next(email.toLowerCase());
          const page = await ask(agent, email);
          const shown = email.toLowerCase();
          const history = [comparable(page, shown)];
          for (let guess = 0; guess < 6; guess += 1) {
            const form = { action: /\/sign-up\/code$/, fields: { code: 'ZZZZ-ZZZZ' } };
            history.push(comparable(await agent.submit(page, form), shown));
          }
          await mail();
          return history;
        }),
      );
      const [first, ...others] = histories;
      assert.deepEqual(
        first?.map(({ status }) => status),
        [200, 400, 400, 400, 400, 400, 429],
      );
      for (const history of others) assert.deepEqual(history, first);
    });

    test('As much is done with an account as without before there is an answer', async () => {
      const { server, browser, mailbox } = scene();
      const costs = new Map<string, Set<string>>();
      for (let round = 0; round < 8; round += 1) {
        for (const kind of ['taken', 'free'] as const) {
          const email = kind === 'taken' ? 'verified@mail.example' : `round${round}@mail.example`;
          const agent = browser();
          const page = await agent.open(`${server.issuer}/sign-up`);
          const mail = round < 3 ? await mailbox.next(email) : undefined;
          const operations = await operationsDuring(server, () =>
            agent.submit(page, { action: /\/sign-up$/, fields: { email } }),
          );
          const { 'artifacts.put': written } = operations;
          const known = costs.get(kind) ?? new Set();
          costs.set(kind, known.add(JSON.stringify({ ...lookUps(operations), written })));
          await mail?.();
        }
      }
      assert.equal(costs.get('taken')?.size, 1);
      assert.deepEqual(costs.get('taken'), costs.get('free'));
    });

    test('Whoever has an account is told by mail, with nothing in it that makes another', async () => {
      const { ask, browser, mailbox } = scene();
      for (const email of ['verified@mail.example']) {
        const mail = await mailbox.next(email);
        const before = await users(({ users: store }) => store.findByName(email));
        await ask(browser(), email);
        const { subject, link, code } = await mail();
        assert.equal(subject, 'You already have an account');
        assert.deepEqual([link, code], [undefined, undefined]);
        assert.deepEqual(await users(({ users: store }) => store.findByName(email)), before);
      }
    });

    test('Nothing of a stranger is in the account of the owner: not the name, nor the password, nor the link', async () => {
      const { server, finish, browser, ask, mailbox } = scene();
      const email = 'target@mail.example';
      // Asks for the owner's address, with whatever the form does not have.
      const stranger = browser();
      const page = await stranger.open(`${server.issuer}/sign-up`);
      const fields = { email, name: 'Stranger', password, username: 'stranger' };
      const mail = await mailbox.nextProof(email);
      const codePage = await stranger.submit(page, { action: /\/sign-up$/, fields });
      const { link } = await mail();
      // The owner does it all in a browser of their own, by the mail that the stranger has caused.
      const own = browser();
      await finish(own, await own.open(link), { password: 'words of the owner alone' });
      await assert.rejects(signIn(email, password), /password don’t match/);
      const { sub } = (await signIn(email, 'words of the owner alone')).claims() ?? {};
      const user = await users(({ users: store }) => store.find(sub ?? ''));
      assert.deepEqual([user?.username, user?.claims.name], [email, undefined]);
      // The stranger's browser has no way in: by code, by a page that was open, nor by asking again.
      const form = { action: /\/sign-up\/code$/, fields: { code: 'ZZZZ-ZZZZ' } };
      assert.equal((await stranger.submit(codePage, form)).status, 400);
      await ask(stranger, email);
      await assert.rejects(signIn(email, password), /password don’t match/);
    });

    test('Scanners that fetch a link, and its form without a word, neither spend it nor make an account', async () => {
      const { proofFor, finish, browser } = scene();
      const { link } = await proofFor('scanned@mail.example');
      for (const method of ['HEAD', 'GET', 'OPTIONS', 'GET']) await fetch(link, { method });
      const token = new URL(link).searchParams.get('token') ?? '';
      const path = link.split('?')[0] ?? '';
      assert.equal((await postForm(path, { token })).status, 400);
      const foreign = await fetch(path, {
        ...{ method: 'POST', headers: { origin: 'https://evil.example' } },
        body: new URLSearchParams({ token, password }),
      });
      assert.equal(foreign.status, 403);
      const agent = browser();
      assert.equal((await finish(agent, await agent.open(link))).status, 200);
    });

    test('A link of a registration is none of a recovery, and the other way around', async () => {
      const { server, proofFor } = scene();
      const { link } = await proofFor('purposes@mail.example');
      const token = new URL(link).searchParams.get('token') ?? '';
      const recovery = `${server.issuer}/recovery/new-password`;
      assert.equal((await fetch(`${recovery}?token=${token}`)).status, 410);
      assert.equal((await postForm(recovery, { token, password })).status, 410);
    });

    test('Of those who finish at once with one link, or with several for one address, one has the account', async () => {
      const { proofFor, finish, browser } = scene();
      const email = 'race@mail.example';
      const proofs = [await proofFor(email), await proofFor(email)];
      const forms = await Promise.all(
        proofs.flatMap(({ link }, index) =>
          [0, 1].map(async (tab) => {
            const agent = browser();
            return {
              agent,
              page: await agent.open(link),
              secret: `words of ${index} and ${tab} alone`,
            };
          }),
        ),
      );
      const answers = await Promise.all(
        forms.map(async ({ agent, page, secret }) => ({
          ...(await finish(agent, page, { password: secret })),
          secret,
        })),
      );
      const made = answers.filter(({ html }) => html.includes('Your account is ready'));
      assert.equal(made.length, 1);
      // A busy server may also have had no time for one of the others.
      for (const answer of answers.filter((one) => one !== made[0])) {
        const isTold = answer.html.includes('You already have an account');
        assert.ok(isTold || [410, 503].includes(answer.status), `${answer.status} ${answer.html}`);
      }
      assert.ok((await signIn(email, made[0]?.secret ?? '')).id_token);
    });

    test('An address that only looks like another is written to as it is kept', async () => {
      const { smtp, ask, browser, mailbox } = scene();
      const before = smtp.received.length;
      const mail = await mailbox.next('unverified@mail.example');
      // Full-width letters are the same letters (NFKC).
      await ask(browser(), 'ｕnverified@ｍail.example');
      assert.equal((await mail()).subject, 'You already have an account');
      assert.equal(smtp.received.length, before + 1);
      assert.deepEqual(smtp.received.at(-1)?.to, ['unverified@mail.example']);
    });
  });
});

onSqlite((stores) => {
  describe('Floods of registrations', () => {
    const clock = createShiftedClock();
    const scene = signUpScene(stores, { clock });
    const from = (address: string) => createUserAgent({ headers: { 'x-forwarded-for': address } });

    test('One network asks six times an hour without a proof of work, whatever its addresses, and others are not kept out', async () => {
      const { ask } = scene();
      const statuses: number[] = [];
      for (let count = 0; count < 8; count += 1) {
        const agent = from(`2001:db8:1:1::${count + 1}`);
        statuses.push((await ask(agent, `flood${count}@mail.example`)).status);
      }
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 429, 429]);
      assert.equal((await ask(from('2001:db8:2:1::1'), 'other@mail.example')).status, 200);
      clock.forward(3600_000);
      assert.equal((await ask(from('2001:db8:1:1::9'), 'later@mail.example')).status, 200);
    });

    test('One address is sent ten mails an hour, however many networks ask, and none of the answers tells so', async () => {
      const { server, ask, browser, mailbox } = scene();
      const pages: Page[] = [];
      const answers = new Set<string>();
      for (let count = 0; count < 14; count += 1) {
        const email = `victim+${count}@mail.example`;
        const page = await ask(browser(), email);
        pages.push(page);
        answers.add(JSON.stringify(comparable(page, email)));
      }
      assert.equal(answers.size, 1);
      const notSent = () => server.logged().match(/too many mails to one address/g)?.length ?? 0;
      await until(() => notSent() === 4);
      await until(async () => {
        const counts = await Promise.all(
          pages.map(async (_, count) => (await mailbox.of(`victim+${count}@mail.example`)).length),
        );
        return counts.reduce((sum, count) => sum + count) === 10;
      });
    });
  });
});
