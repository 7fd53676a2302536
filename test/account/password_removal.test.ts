/** A person gives up the password for passkeys, and always keeps a way in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ceremonyOn,
  makePasskey,
  type SoftPasskey,
  usePasskey,
} from '../../harness/authenticator.ts';
import { freePort } from '../../harness/free_port.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { removePassword } from '../../src/account/ways/removed_password.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { eachEngine } from '../support/stores.ts';
import { createVisitor, declaration, flashOf, headingOf, startAccountServer } from './scene.ts';

await eachEngine((stores) => {
  describe('Giving up the password', () => {
    let smtp: MailServer;
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      const port = await freePort();
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), port, issuer: `http://localhost:${port}` },
        declaration: { ...declaration, mail },
      });
    });
    after(async () => {
      await site.close();
      await smtp.close();
    });

    const issuer = () => site.server.issuer;
    const password = 'gravel-and-ginger-3';
    const by = { actor: 'test' };
    const somebody = async (username: string) => {
      const email = `${username}@example.com`;
      const { id } = await site.beside.users.create({
        ...{ username, password, email, emailVerified: true },
      });
      const own = await createVisitor(issuer(), { username, password });
      const page = await own.open('/ways/passkeys/new');
      const { passkey, credential } = makePasskey(ceremonyOn(page.html, 'make'), issuer());
      await own.send(page, /new$/, { credential });
      return { id, username, email, own, passkey };
    };
    const signInWith = async (passkey: SoftPasskey) => {
      const visitor = await createVisitor(issuer());
      const page = await visitor.open('');
      const credential = usePasskey(passkey, ceremonyOn(page.html, 'sign-in'), issuer());
      const here = await visitor.send(page, /passkey$/, { credential });
      return { ...visitor, page: here };
    };
    const statusOfPassword = async (username: string, typed = password) => {
      const agent = createUserAgent();
      const page = await agent.open(`${issuer()}/account`);
      const fields = { username, password: typed };
      return (await agent.submit(page, { action: /sign-in$/, fields })).status;
    };
    const ownedBy = async (id: string) =>
      (await site.beside.store.authenticators.find(id)) ?? assert.fail('nothing is there');
    const userOf = async (id: string) =>
      (await site.beside.users.find(id)) ?? assert.fail('no such user');
    /** The mail to this address that says this, as soon as it is there. */
    const mailTo = async (address: string, words: RegExp) => {
      for (;;) {
        const mails = smtp.received.filter(({ to }) => to.includes(address));
        const read = await Promise.all(mails.map(readMail));
        const found = read.find(({ subject, text }) => words.test(`${subject} ${text}`));
        if (found) return found.text ?? '';
        await smtp.receives(smtp.received.length + 1);
      }
    };

    test('It is offered to whoever has a passkey and has just used it, ends other sessions, and is told', async () => {
      const { id, username, email, own, passkey } = await somebody('nina');
      const bare = await createVisitor(issuer(), {
        username: 'erin',
        password: 'lanterns-and-larks-9',
      });
      assert.doesNotMatch((await bare.open('/ways')).html, /password\/remove/);
      assert.equal((await bare.open('/password/remove')).status, 404);
      // By the password alone, which was signed in with before there was the passkey.
      assert.match((await own.open('/password/remove')).url, /\/interaction\//);

      const { open, send } = await signInWith(passkey);
      assert.match((await open('/ways')).html, /href="\/account\/password\/remove"/);
      const other = await signInWith(passkey);
      const done = await send(await open('/password/remove'), /remove$/);
      assert.match(flashOf(done), /^Your password is removed, and you are signed out everywhere/);
      assert.match((await other.open('')).url, /\/interaction\//);
      assert.equal((await userOf(id)).passwordHash, undefined);
      assert.equal(await statusOfPassword(username), 401);
      assert.equal((await signInWith(passkey)).page.status, 200);
      await mailTo(email, /Your password was removed/);
      const { events } = await site.beside.store.audit.search({
        ...{ userId: id, type: 'user.password_removed', limit: 1 },
      });
      assert.equal(events[0]?.actor, `user:${id}`);

      const detail = await open(`/ways/passkeys/${passkey.id}`);
      assert.match(flashOf(await send(detail, /remove$/)), /only way to sign in/);
      assert.equal((await ownedBy(id)).passkeys.length, 1);
    });

    test('Recovery by mail still leads back, and with the new password the passkey can go', async () => {
      const { id, username, email, passkey } = await somebody('oskar');
      const { users, services } = site.beside;
      const authentication = await services.authentication();
      await removePassword({ users, authentication }, id, by);
      const agent = createUserAgent();
      await agent.submit(await agent.open(`${issuer()}/recovery`), {
        ...{ action: /recovery$/, fields: { name: username } },
      });
      const words = /\S+\/recovery\/new-password\?token=[\w-]+/;
      const link = words.exec(await mailTo(email, words))?.[0] ?? '';
      const choose = async (typed: string) =>
        agent.submit(await agent.open(link), {
          ...{ action: /new-password$/, fields: { password: typed } },
        });
      assert.equal((await choose('only-fourteen1')).status, 400);
      assert.equal((await choose('some-other-words-here-8')).status, 200);
      assert.equal(await statusOfPassword(username, 'some-other-words-here-8'), 200);
      const { open, send } = await signInWith(passkey);
      await send(await open(`/ways/passkeys/${passkey.id}`), /remove$/);
      assert.equal((await ownedBy(id)).passkeys.length, 0);
    });

    test('Password and last passkey do not go together, in whatever order they are begun', async () => {
      const { users, services } = site.beside;
      const { passwordRemoval, secondFactors } = await services.authentication();
      const removePasskey = async (id: string, owner: Awaited<ReturnType<typeof userOf>>) => {
        const [passkey] = (await ownedBy(id)).passkeys;
        const removal = { id: passkey?.id ?? '', isRequired: false, owner };
        return secondFactors.removePasskey({ id, by }, removal);
      };
      const lastWayIn = { code: 'last_way_in' };

      const first = await somebody('paula');
      const read = await userOf(first.id);
      await passwordRemoval.prepare(read);
      await assert.rejects(removePasskey(first.id, read), lastWayIn);
      await users.removePassword(first.id, read.version, by);
      await assert.rejects(removePasskey(first.id, read), lastWayIn);

      const second = await somebody('quentin');
      await removePasskey(second.id, await userOf(second.id));
      await assert.rejects(passwordRemoval.prepare(await userOf(second.id)), lastWayIn);

      // A removal that was begun and outrun, or whose process died, takes nothing later.
      const third = await somebody('rita');
      const old = await userOf(third.id);
      await passwordRemoval.prepare(old);
      await users.update(third.id, { claims: { name: 'Rita' } });
      assert.ok(await removePasskey(third.id, await userOf(third.id)));
      await assert.rejects(users.removePassword(third.id, old.version, by), {
        code: 'version_mismatch',
      });
    });

    test('Of two requests at once, one for the password and one for the last passkey, one way in is left', async () => {
      const { users, services } = site.beside;
      const authentication = await services.authentication();
      for (let round = 0; round < 8; round += 1) {
        const { id, passkey } = await somebody(`round${round}`);
        const { open, send } = await signInWith(passkey);
        const detail = await open(`/ways/passkeys/${passkey.id}`);
        await Promise.all([
          send(detail, /remove$/),
          removePassword({ users, authentication }, id, by).catch(() => {}),
        ]);
        const { passwordHash } = await userOf(id);
        const { passkeys } = await ownedBy(id);
        assert.ok(passwordHash !== undefined || passkeys.length > 0, 'no way in is left');
      }
    });

    test('Whoever has no password sees where one is set', async () => {
      const { id, passkey } = await somebody('sam');
      const { users, services } = site.beside;
      const authentication = await services.authentication();
      await removePassword({ users, authentication }, id, by);
      const { open, send } = await signInWith(passkey);
      assert.doesNotMatch((await open('/ways')).html, /password\/remove/);
      const page = await open('/password');
      assert.equal(headingOf(page), 'Set a password');
      assert.equal((await send(page, /password$/, { new_password: 'only-fourteen1' })).status, 400);
      await send(page, /password$/, { new_password: 'some-other-words-here-8' });
      assert.notEqual((await userOf(id)).passwordHash, undefined);
    });
  });
});
