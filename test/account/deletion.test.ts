/** The end of an account: its data taken along, its deletion, and that signing in keeps it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createShiftedClock } from '../support/clock.ts';
import { startTestServer } from '../support/server.ts';
import { eachEngine } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  erin,
  frank,
  headingOf,
  ordersApi,
  refresh,
  signIn,
  signInToShop,
  startAccountServer,
  textOf,
} from './scene.ts';

const hour = 3_600_000;
const day = 24 * hour;
const byOperator = { actor: 'operator' };

await eachEngine((stores) => {
  describe('Deleting an account', () => {
    const clock = createShiftedClock(-90 * day);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      site = await startAccountServer({ store: await stores.freshUrl(), clock });
    });
    after(() => site.close());
    const visitor = (person?: typeof erin) => createVisitor(site.server.issuer, person);
    const eventsOf = async (userId: string) => {
      const { events } = await site.beside.store.audit.search({ userId, limit: 100 });
      return events.map(({ type }) => type);
    };
    const keyOf = async ({ username }: typeof erin) => {
      const apiKeys = await site.beside.services.apiKeys();
      const user = await site.beside.users.findByUsername(username);
      const { record, key } = await apiKeys.create(
        { name: 'ci', api: ordersApi, scopes: ['orders:read'], user_id: user?.id },
        { ...byOperator, createdBy: 'operator' },
      );
      return { id: record.id, key };
    };
    const isAccepted = async (key: string) => {
      const response = await fetch(`${site.server.issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          ...{ subject_token_type: 'urn:cardea:token-type:api_key', subject_token: key },
        }),
      });
      return response.status === 200;
    };

    test('A person takes their data along: all of it, nobody else’s, and nothing that opens something', async () => {
      const { issuer } = site.server;
      const her = await visitor(erin);
      const tokens = await signInToShop(issuer, her.agent, erin);
      const { key } = await keyOf(erin);
      await visitor(frank);
      // What an operator does to the account is told, and not where the operator was.
      const by = { actor: 'user:an-operator', ip: '203.0.113.9' };
      await site.beside.users.update(await site.beside.idOf(erin), { roles: ['buyer'] }, by);
      assert.doesNotMatch((await her.open('/activity')).html, /203\.0\.113\.9/);
      const file = await her.send(await her.open('/data'), /download$/);
      assert.match(file.headers.get('content-type') ?? '', /^application\/json/);
      assert.equal(file.headers.get('cache-control'), 'no-store');
      const data = JSON.parse(file.html);
      assert.deepEqual(Object.keys(data), [
        ...['issuer', 'exported_at', 'profile', 'ways_to_sign_in', 'trusted_browsers', 'sessions'],
        ...['apps', 'api_keys', 'events'],
      ]);
      assert.equal(data.profile.email, 'erin@example.com');
      assert.equal(data.sessions.length, 1);
      assert.equal(data.sessions[0].ip, '127.0.0.1');
      assert.ok(data.apps.some(({ client_id }: { client_id: string }) => client_id === 'shop'));
      assert.equal(data.api_keys[0].name, 'ci');
      const types = data.events.map(({ type }: { type: string }) => type);
      assert.ok(types.includes('consent.granted') && types.includes('api_key.created'));
      assert.ok(types.includes('user.updated') && !file.html.includes(by.ip));
      const user = await site.beside.users.findByUsername('erin');
      for (const secret of [key, tokens.refresh_token, user?.passwordHash, '$argon2', 'frank']) {
        assert.ok(secret && !file.html.includes(secret), secret);
      }
    });

    test('A deleted account is blocked at once everywhere, and stays when its person signs in', async () => {
      const { issuer } = site.server;
      const her = await visitor(erin);
      const elsewhere = await visitor(erin);
      const tokens = await signInToShop(issuer, her.agent, erin);
      const { key } = await keyOf(erin);
      assert.ok(await isAccepted(key));
      const page = await her.open('/delete');
      assert.match(textOf(page.html), /After 7 days the account is removed for good/);
      const mistyped = await her.send(page, /delete$/, { confirmation: 'frank' });
      assert.equal(mistyped.status, 400);
      assert.equal((await her.open('')).status, 200);

      const done = await her.send(mistyped, /delete$/, { confirmation: 'Erin' });
      assert.equal(headingOf(done), 'Your account will be deleted');
      for (const { open } of [her, elsewhere]) assert.match((await open('')).url, /interaction/);
      assert.equal((await refresh(issuer, tokens.refresh_token)).status, 400);
      assert.equal(await isAccepted(key), false);

      const asked = await her.open('/activity');
      const back = await signIn(her.agent, asked, erin);
      assert.match(
        textOf(back.html),
        /You signed in, so your account stays .*The deletion of your account was requested/,
      );
      assert.ok(await isAccepted(key));
      const { users } = site.beside;
      const user = await users.findByUsername('erin');
      assert.equal(user?.deletion, undefined);
      clock.forward(8 * day);
      assert.deepEqual(await users.removeDue(), { removed: 0, failed: [] });
    });

    test('When its time has come a server removes the account with everything that belongs to it', async () => {
      const { users, store } = site.beside;
      const her = await visitor(erin);
      const { id: keyId } = await keyOf(erin);
      const { id = '' } = (await users.findByUsername('erin')) ?? {};
      await her.send(await her.open('/delete'), /delete$/, { confirmation: 'erin' });
      clock.forward(7 * day - hour);
      assert.equal((await users.removeDue()).removed, 0);
      clock.forward(2 * hour);
      // The next start looks at once.
      const { store: url, issuer } = site.server;
      const next = await startTestServer({ store: url, issuer, declaration, clock });
      await next.close();

      assert.equal(await users.find(id), undefined);
      assert.notEqual((await store.apiKeys.find(keyId))?.revokedAt, undefined);
      const now = clock.now();
      for (const selector of [
        { kind: 'Session', accountId: id },
        { kind: 'Grant', accountId: id },
      ] as const) {
        assert.equal(await store.artifacts.count(selector, { most: 9, now }), 0);
      }
      const types = await eventsOf(id);
      for (const type of ['user.deletion_requested', 'revocation.user', 'user.deleted']) {
        assert.ok(types.includes(type), type);
      }
      const refused = await her.agent.submit(await her.open(''), {
        ...{ action: /sign-in$/, fields: erin },
      });
      assert.equal(refused.status, 401);
    });

    test('The last owner is told to hand over first, and any other operator loses the role at once', async () => {
      const { users, services } = site.beside;
      const operators = await services.operators();
      const { id = '' } = (await users.findByUsername('frank')) ?? {};
      await operators.set(id, { role: 'owner' }, byOperator);
      const him = await visitor(frank);
      const page = await him.open('/delete');
      assert.match(textOf(page.html), /Your role in running Cardea ends at once/);
      const refused = await him.send(page, /delete$/, { confirmation: 'frank' });
      assert.equal(refused.status, 400);
      assert.match(textOf(refused.html), /You are the last owner of Cardea/);
      const other = await users.create({ username: 'olga' });
      await operators.set(other.id, { role: 'owner' }, byOperator);
      const done = await him.send(refused, /delete$/, { confirmation: 'frank' });
      assert.equal(headingOf(done), 'Your account will be deleted');
      assert.equal(await operators.find(id), undefined);
    });
  });
});
