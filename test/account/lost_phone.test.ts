/** A lost phone: operators make a link or remove second factors, and learn and set nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { hash } from 'argon2';
import { createUserAgent, type Page } from '../../harness/user_agent.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  headingOf,
  refresh,
  signInToShop,
  startAccountServer,
  textOf,
} from './scene.ts';
import { codesOn, secretOn, withApps } from './with_app.ts';

const minute = 60_000;
const hour = 60 * minute;
const operator = { actor: 'operator' };

await eachEngine((stores) => {
  describe('A lost phone', () => {
    const clock = createShiftedClock(-72 * hour);
    const { codeOf, setUp, signInWith } = withApps(clock);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock },
        declaration: { ...declaration, sign_in: { attempts_per_account: '3/15m' } },
      });
    });
    after(() => site.close());

    const newPerson = async (username: string) => {
      const person = { username, password: 'larches-and-lemons-4' };
      await site.beside.users.create(person);
      return person;
    };
    const recordOf = async ({ username }: { username: string }) =>
      (await site.beside.users.findByUsername(username)) ?? assert.fail(username);
    const lostFactors = () => site.beside.services.lostFactors();
    const linkFor = async (person: { username: string }) => {
      const { url } = await (await lostFactors()).makeLink(await recordOf(person), operator);
      const [address = '', link = ''] = url.split('#');
      return { address, link };
    };
    const visitor = () => createVisitor(site.server.issuer);
    const prove = (page: Page, agent: ReturnType<typeof createUserAgent>, fields: object) =>
      agent.submit(page, { action: /second-factor$/, fields: fields as Record<string, string> });
    const finish = (page: Page, agent: ReturnType<typeof createUserAgent>, code: string) =>
      agent.submit(page, { action: /second-factor\/app$/, fields: { code } });
    const typesOf = async (person: { username: string }) => {
      const { id: userId } = await recordOf(person);
      const { events } = await site.beside.store.audit.search({ userId, limit: 200 });
      return events.map(({ type }) => type);
    };

    test('With a link and the password a person sets up a new app, once, and everything from before ends', async () => {
      const person = await newPerson('anna');
      const her = await visitor();
      await signInWith(her.agent, await her.open(''), person);
      const { secret: old, done } = await setUp(her);
      const [oldCode = ''] = codesOn(done);
      const tokens = await signInToShop(site.server.issuer, her.agent, person);
      const { address, link } = await linkFor(person);

      const agent = createUserAgent();
      // Whatever fetches it, once or twice, does nothing.
      for (const _ of [1, 2]) assert.equal((await agent.open(address)).status, 200);
      const page = await agent.open(address);
      const wrong = await prove(page, agent, { ...person, link, password: 'not-this-one-9' });
      assert.equal(wrong.status, 401);
      const proven = await prove(wrong, agent, person);
      assert.equal(headingOf(proven), 'Set up an authenticator app');
      const secret = secretOn(proven);
      const mistyped = await finish(proven, agent, '000000');
      assert.equal(mistyped.status, 400);
      const finished = await finish(mistyped, agent, codeOf(secret));
      assert.equal(headingOf(finished), 'Save your recovery codes');
      assert.equal(codesOn(finished).length, 10);

      assert.match((await her.open('')).url, /\/interaction\//);
      assert.equal((await refresh(site.server.issuer, tokens.refresh_token)).status, 400);
      const again = await visitor();
      await assert.rejects(
        signInWith(again.agent, await again.open(''), person, { secret: old }),
        /not right/,
      );
      const { recoveryCodes } = await site.beside.services.authentication();
      const { id } = await recordOf(person);
      assert.equal(await recoveryCodes.spend(id, oldCode, operator), false);
      const next = await visitor();
      const { asked } = await signInWith(next.agent, await next.open(''), person, { secret });
      assert.deepEqual(asked, ['sign-in', 'second-factor']);

      const spent = await prove(await agent.open(address), agent, { ...person, link });
      assert.equal(spent.status, 403);
      const types = await typesOf(person);
      for (const type of ['setup_link.made', 'setup_link.used', 'authenticator.added']) {
        assert.ok(types.includes(type as never), type);
      }
    });

    test('Of two who finish with one link at the same moment only one sets up an app', async () => {
      const person = await newPerson('berta');
      const { address, link } = await linkFor(person);
      const agents = [createUserAgent(), createUserAgent(), createUserAgent()];
      const pages = await Promise.all(
        agents.map(async (agent) => prove(await agent.open(address), agent, { ...person, link })),
      );
      const code = pages.map((page) => secretOn(page));
      const codes = code.map((secret) => codeOf(secret));
      // The first code is one step old by now, and still good.
      const answers = await Promise.all(
        agents.slice(1).map((agent, index) => {
          const page = pages[index + 1] ?? assert.fail();
          return finish(page, agent, codes[index + 1] ?? '');
        }),
      );
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 403]);
      const { id } = await recordOf(person);
      assert.equal((await site.beside.store.authenticators.find(id))?.totps.length, 1);
    });

    test('A link is of no use to another person, without the password, late, or when it is withdrawn or replaced', async () => {
      const person = await newPerson('clara');
      const stranger = await newPerson('dirk');
      const agent = createUserAgent();
      const attempt = async (link: string, fields: object = person) => {
        const page = await agent.open(`${site.server.issuer}/account/second-factor`);
        return (await prove(page, agent, { ...fields, link })).status;
      };
      const { link: first } = await linkFor(person);
      assert.equal(await attempt(first, stranger), 401);
      assert.equal(await attempt('another-link'), 403);
      assert.equal(await attempt(''), 403);
      const { link: second } = await linkFor(person);
      assert.equal(await attempt(first), 403);
      assert.equal(await attempt(second), 200);

      const { id } = await recordOf(person);
      const room = await lostFactors();
      const [listed, ...more] = await room.listLinks(id);
      assert.ok(listed && more.length === 0);
      assert.ok(!JSON.stringify(listed).includes(second));
      const him = await recordOf(stranger);
      assert.equal(await room.withdrawLink({ id: him.id, by: operator }, listed.id), false);
      assert.equal(await room.withdrawLink({ id, by: operator }, listed.id), true);
      assert.equal(await attempt(second), 403);

      const { link: third } = await linkFor(person);
      clock.forward(24 * hour + minute);
      assert.equal(await attempt(third), 403);
      const { link: fourth } = await linkFor(person);
      await site.beside.users.disable(id, operator);
      assert.equal(await attempt(fourth), 403);
      await assert.rejects(linkFor(person), { code: 'user_disabled' });
    });

    test('The password can be guessed with a link no more often than at the sign-in', async () => {
      const person = await newPerson('emil');
      const { address, link } = await linkFor(person);
      const agent = createUserAgent();
      const statuses: number[] = [];
      for (const password of ['guess-number-1', 'guess-number-2', 'guess-number-3']) {
        const page = await agent.open(address);
        statuses.push((await prove(page, agent, { ...person, link, password })).status);
      }
      const right = await prove(await agent.open(address), agent, { ...person, link });
      assert.deepEqual([...statuses, right.status], [401, 401, 401, 429]);
      const elsewhere = await visitor();
      const refused = await elsewhere.agent.submit(await elsewhere.open(''), {
        ...{ action: /sign-in$/, fields: person },
      });
      assert.equal(refused.status, 429);
    });

    test('A link is no way to try the password of another person', async () => {
      const { link } = await linkFor(await newPerson('jan'));
      const other = await newPerson('karla');
      const record = await recordOf(other);
      // A right password would be hashed anew.
      const passwordHash = await hash(other.password, { memoryCost: 1024, timeCost: 2 });
      const version = record.version + 1;
      assert.ok(await site.beside.store.users.update({ ...record, passwordHash, version }));
      const agent = createUserAgent();
      const page = await agent.open(`${site.server.issuer}/account/second-factor`);
      assert.equal((await prove(page, agent, { ...other, link })).status, 401);
      assert.equal((await recordOf(other)).passwordHash, passwordHash);
    });

    test('A password that was proven a while ago, or that is another one by now, is not enough', async () => {
      const person = await newPerson('frida');
      const { address, link } = await linkFor(person);
      const agent = createUserAgent();
      const early = await prove(await agent.open(address), agent, { ...person, link });
      clock.forward(16 * minute);
      assert.equal((await finish(early, agent, codeOf(secretOn(early)))).status, 403);
      const proven = await prove(await agent.open(address), agent, { ...person, link });
      const { id } = await recordOf(person);
      await site.beside.users.changePassword(id, 'hazels-and-hornets-7', operator);
      assert.equal((await finish(proven, agent, codeOf(secretOn(proven)))).status, 403);
      assert.equal(await site.beside.store.authenticators.find(id), undefined);
    });

    test('A form of another site is refused', async () => {
      const person = await newPerson('gustav');
      const { address, link } = await linkFor(person);
      const response = await fetch(address, {
        ...{ method: 'POST', body: new URLSearchParams({ ...person, link }) },
        headers: { origin: 'https://evil.example' },
      });
      assert.equal(response.status, 403);
    });

    test('Removed second factors end sessions and trusted browsers, and the password signs in alone', async () => {
      const person = await newPerson('hanna');
      const her = await visitor();
      await signInWith(her.agent, await her.open(''), person);
      const { secret } = await setUp(her);
      const trusting = await visitor();
      await signInWith(trusting.agent, await trusting.open(''), person, { secret, trust: true });
      const user = await recordOf(person);
      await (await lostFactors()).removeAll(user, operator);
      assert.match((await trusting.open('')).url, /\/interaction\//);
      const { trustedBrowsers } = await site.beside.services.authentication();
      assert.deepEqual(await trustedBrowsers.list(user), []);
      const next = await visitor();
      const { asked } = await signInWith(next.agent, await next.open(''), person);
      assert.deepEqual(asked, ['sign-in']);
      assert.match(
        textOf((await next.open('/activity')).html),
        /removed your second factors By the people who run Cardea/,
      );
      assert.ok((await typesOf(person)).includes('second_factors.removed'));
    });

    test('Whoever has nothing but passkeys keeps them, and gets no link that asks for a password', async () => {
      const { users, store } = site.beside;
      const { id } = await users.create({ username: 'ida' });
      const now = clock.now();
      const passkey = {
        ...{ id: 'credential', publicKey: 'key', counter: 0, transports: [], aaguid: 'none' },
        ...{ isSyncable: true, isSynced: true, name: 'Laptop', createdAt: now },
      };
      const times = { createdAt: now, updatedAt: now, version: 1 };
      await store.authenticators.create({
        ...{ userId: id, passkeys: [passkey], totps: [], identities: [], ...times },
      });
      const user = await recordOf({ username: 'ida' });
      await assert.rejects((await lostFactors()).removeAll(user, operator), {
        code: 'last_way_in',
      });
      await assert.rejects(linkFor(user), { code: 'no_password' });
      assert.equal((await store.authenticators.find(id))?.passkeys.length, 1);
    });
  });
});
