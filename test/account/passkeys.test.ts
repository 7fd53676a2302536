/** Passkeys at the account pages: added, renamed and removed, never by the password alone, and never the last way in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ceremonyOn,
  makePasskey,
  type SoftPasskey,
  usePasskey,
} from '../../harness/authenticator.ts';
import { freePort } from '../../harness/free_port.ts';
import { formsOf, type Page } from '../../harness/user_agent.ts';
import { createShiftedClock } from '../support/clock.ts';
import { eachEngine } from '../support/stores.ts';
import {
  createVisitor,
  declaration,
  erin,
  flashOf,
  frank,
  headingOf,
  startAccountServer,
  textOf,
  type Visitor,
} from './scene.ts';

const minute = 60_000;
const newPath = '/ways/passkeys/new';

await eachEngine((stores) => {
  describe('Passkeys at the account pages', () => {
    // Behind that of the library, as it only goes forward here.
    const clock = createShiftedClock(-24 * 60 * minute);
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      const port = await freePort();
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), clock, port, issuer: `http://localhost:${port}` },
        declaration: { ...declaration, sign_in: { acr_of_roles: { treasurer: 'mfa' } } },
      });
    });
    after(() => site.close());

    const issuer = () => site.server.issuer;
    const visitor = (person?: typeof erin) => createVisitor(issuer(), person);
    const somebody = async (username: string) => {
      const person = { username, password: 'gravel-and-ginger-3' };
      await site.beside.users.create({ ...person, emailVerified: false, claims: {} });
      return person;
    };
    const add = async ({ open, send }: Visitor, lies = {}) => {
      const page = await open(newPath);
      const made = makePasskey(ceremonyOn(page.html, 'make'), issuer(), lies);
      return { ...made, page, done: await send(page, /new$/, { credential: made.credential }) };
    };
    const pathOf = ({ id }: SoftPasskey) => `/ways/passkeys/${id}`;
    const signalsOn = ({ html }: Page) =>
      JSON.parse(
        (/data-passkey-signals="([^"]*)"/.exec(html)?.[1] ?? 'null').replaceAll('&quot;', '"'),
      );
    const passkeysOf = async (person: typeof erin) =>
      (await site.beside.store.authenticators.find(await site.beside.idOf(person)))?.passkeys ?? [];
    const signIn = async (passkey: SoftPasskey) => {
      const { agent } = await visitor();
      const page = await agent.open(`${issuer()}/account`);
      const credential = usePasskey(passkey, ceremonyOn(page.html, 'sign-in'), issuer());
      return {
        agent,
        page: await agent.submit(page, { action: /passkey$/, fields: { credential } }),
      };
    };

    test('A person adds a passkey, signs in with it, renames it and removes it', async () => {
      const here = await visitor(erin);
      const { passkey, done } = await add(here);
      assert.match(flashOf(done), /is added/);
      const { ids, userId } = signalsOn(done).accepted;
      assert.deepEqual([ids, userId], [[passkey.id], passkey.userHandle]);
      assert.deepEqual(signalsOn(done).details, {
        userId,
        name: 'erin',
        displayName: 'Erin Ellis',
      });

      const { agent, page } = await signIn(passkey);
      assert.match(headingOf(page), /Erin Ellis/);
      const detail = await agent.open(`${issuer()}/account${pathOf(passkey)}`);
      const named = await agent.submit(detail, { action: /rename$/, fields: { name: 'Laptop' } });
      assert.match(textOf(named.html), /Laptop/);
      const again = await agent.open(`${issuer()}/account${pathOf(passkey)}`);
      const removed = await agent.submit(again, { action: /remove$/ });
      assert.equal(flashOf(removed), 'Laptop is removed.');
      assert.deepEqual(signalsOn(removed).accepted.ids, []);
      assert.equal((await signIn(passkey)).page.status, 401);
    });

    test('Whoever has a passkey proves it before what is sensitive, and the password alone does nothing', async () => {
      const person = await somebody('grace');
      const own = await visitor(person);
      const { passkey } = await add(own);
      // The session is by password; it has to be by the passkey from now on.
      for (const path of [newPath, '/ways/authenticator-app/new']) {
        const asked = await own.open(path);
        assert.ok(
          formsOf(asked.html).some(({ action }) => action.endsWith('/sign-in')),
          path,
        );
      }
      const thief = await visitor(person);
      const signInPage = await thief.open(newPath);
      const behind = await thief.agent.submit(signInPage, { action: /sign-in$/, fields: person });
      const ceremony = ceremonyOn(behind.html, 'use');
      const foreign = makePasskey({ challenge: 'x' }, issuer()).passkey;
      const refused = await thief.agent.submit(behind, {
        action: /passkey$/,
        fields: { credential: usePasskey(foreign, ceremony, issuer()) },
      });
      assert.equal(refused.status, 401);
      const credential = usePasskey(passkey, ceremonyOn(refused.html, 'use'), issuer());
      const page = await thief.agent.submit(refused, {
        action: /passkey$/,
        fields: { credential },
      });
      assert.equal(headingOf(page), 'Add a passkey');
      assert.equal((await passkeysOf(person)).length, 1);
    });

    test('An old sign-in adds and removes nothing', async () => {
      const person = await somebody('heidi');
      const here = await visitor(person);
      const { passkey } = await add(here);
      const { agent } = await signIn(passkey);
      const detail = await agent.open(`${issuer()}/account${pathOf(passkey)}`);
      clock.forward(6 * minute);
      const page = await agent.submit(detail, { action: /remove$/ });
      assert.ok(formsOf(page.html).some(({ action }) => action.endsWith('/sign-in')));
      assert.equal((await passkeysOf(person)).length, 1);
    });

    test('What was made for another session, or is somebody else’s, is not taken', async () => {
      const [own, other] = [await visitor(frank), await visitor(await somebody('ivan'))];
      const planted = makePasskey(ceremonyOn((await other.open(newPath)).html, 'make'), issuer());
      const page = await own.open(newPath);
      const refused = await own.send(page, /new$/, { credential: planted.credential });
      assert.equal(refused.status, 400);
      assert.deepEqual(await passkeysOf(frank), []);
      const { passkey } = await add(own);
      assert.equal((await passkeysOf(frank)).length, 1);
      assert.equal((await other.open(pathOf(passkey))).status, 404);
      const theirs = await add(other);
      const { agent } = await signIn(theirs.passkey);
      const detail = await agent.open(`${issuer()}/account${pathOf(theirs.passkey)}`);
      const forged = { ...detail, html: detail.html.replaceAll(theirs.passkey.id, passkey.id) };
      for (const action of [/rename$/, /remove$/]) {
        assert.equal((await agent.submit(forged, { action })).status, 404);
      }
      assert.equal((await passkeysOf(frank)).length, 1);
    });

    test('The last way in stays, also where two are removed at the same time', async () => {
      const person = await somebody('judy');
      const here = await visitor(person);
      const { passkey: first } = await add(here);
      const { agent } = await signIn(first);
      const page = await agent.open(`${issuer()}/account${newPath}`);
      const made = makePasskey(ceremonyOn(page.html, 'make'), issuer());
      await agent.submit(page, { action: /new$/, fields: { credential: made.credential } });
      const { store, idOf } = site.beside;
      const user = (await store.users.find(await idOf(person))) ?? assert.fail('no user');
      const { passwordHash: _none, ...withoutPassword } = user;
      await store.users.update({ ...withoutPassword, version: user.version + 1 });

      const details = await Promise.all(
        [first, made.passkey].map((each) => agent.open(`${issuer()}/account${pathOf(each)}`)),
      );
      await Promise.all(details.map((detail) => agent.submit(detail, { action: /remove$/ })));
      const [left, ...more] = await passkeysOf(person);
      assert.equal(more.length, 0);
      assert.ok(left, 'no way in is left');
      const last = await agent.open(`${issuer()}/account/ways/passkeys/${left.id}`);
      const kept = await agent.submit(last, { action: /remove$/ });
      assert.match(flashOf(kept), /only way to sign in/);
      assert.equal((await passkeysOf(person)).length, 1);
    });

    test('Whoever has to have a second factor keeps the last one', async () => {
      const person = await somebody('kim');
      const here = await visitor(person);
      const { passkey } = await add(here);
      const { agent } = await signIn(passkey);
      await site.beside.users.update(await site.beside.idOf(person), { roles: ['treasurer'] });
      const detail = await agent.open(`${issuer()}/account${pathOf(passkey)}`);
      const kept = await agent.submit(detail, { action: /remove$/ });
      assert.match(flashOf(kept), /requires a second step/);
      assert.equal((await passkeysOf(person)).length, 1);
    });

    test('Password managers find the pages, and each act is on record', async () => {
      const response = await fetch(`${issuer()}/.well-known/passkey-endpoints`);
      assert.deepEqual(await response.json(), {
        enroll: `${issuer()}/account${newPath}`,
        manage: `${issuer()}/account/ways`,
      });
      const userId = await site.beside.idOf(erin);
      const events = await site.beside.store.audit.list({ userId, limit: 100 });
      const kinds = events
        .map(({ type }) => type)
        .filter((type) => type.startsWith('authenticator'));
      assert.deepEqual(kinds.toSorted(), [
        ...['authenticator.added', 'authenticator.removed', 'authenticator.renamed'],
      ]);
    });
  });
});
