/** People are told by mail what was done in their accounts, at addresses that are theirs. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ceremonyOn, makePasskey, usePasskey } from '../../harness/authenticator.ts';
import { freePort } from '../../harness/free_port.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';
import { onSqlite } from '../support/stores.ts';
import { createVisitor, declaration, erin, frank, startAccountServer } from './scene.ts';

onSqlite((stores) => {
  describe('Mails about an account', () => {
    let smtp: MailServer;
    let site: Awaited<ReturnType<typeof startAccountServer>>;
    before(async () => {
      smtp = await startMailServer();
      const mail = { from: 'id@id.example', smtp: { url: `smtp://127.0.0.1:${smtp.port}` } };
      const port = await freePort();
      site = await startAccountServer({
        ...{ store: await stores.freshUrl(), port, issuer: `http://localhost:${port}` },
        declaration: { ...declaration, mail, sign_in: { tell_of_new_browsers: false } },
      });
    });
    after(async () => {
      await site.close();
      await smtp.close();
    });

    test('A new password is told with where it was set, and so is a deletion with how to keep the account', async () => {
      const her = await createVisitor(site.server.issuer, erin);
      const fields = { current_password: erin.password, new_password: 'brooks-and-bramble-2' };
      await her.send(await her.open('/password'), /password$/, fields);
      await smtp.receives(1);
      await her.send(await her.open('/delete'), /delete$/, { confirmation: 'erin' });
      await smtp.receives(2);
      const [changed, deleted] = await Promise.all(smtp.received.map(readMail));
      assert.deepEqual(smtp.received[0]?.to, ['erin@example.com']);
      assert.equal(changed?.subject, 'Your password was changed');
      assert.match(changed?.text ?? '', /127\.0\.0\.1/);
      assert.ok(changed?.text?.includes(`${site.server.issuer}/account`));
      assert.equal(deleted?.subject, 'Your account will be deleted');
      assert.match(deleted?.text ?? '', /deleted for good on/);
      assert.ok(!smtp.received.some(({ raw }) => raw.includes(fields.new_password)));
    });

    test('An address that nobody has verified is told nothing', async () => {
      const { users } = site.beside;
      const id = await site.beside.idOf(frank);
      await users.update(id, { email: 'stranger@example.com', emailVerified: false });
      // The old one is told that it is no longer his.
      await smtp.receives(3);
      const his = await createVisitor(site.server.issuer, frank);
      const current = { current_password: frank.password };
      await his.send(await his.open('/password'), /password$/, {
        ...{ ...current, new_password: 'brooks-and-bramble-3' },
      });
      await users.update(id, { emailVerified: true });
      await his.send(await his.open('/password'), /password$/, {
        ...{ current_password: 'brooks-and-bramble-3', new_password: 'brooks-and-bramble-4' },
      });
      await smtp.receives(4);
      assert.equal(smtp.received.length, 4);
    });

    test('A new passkey is told, and so is its removal and a use that counts back', async () => {
      const { issuer } = site.server;
      const person = { ...frank, password: 'brooks-and-bramble-4' };
      const his = await createVisitor(issuer, person);
      const page = await his.open('/ways/passkeys/new');
      const ceremony = ceremonyOn(page.html, 'make');
      const { passkey, credential } = makePasskey(ceremony, issuer, { counter: 5 });
      await his.send(page, /new$/, { credential });
      await smtp.receives(5);
      const signIn = async (lies = {}) => {
        const other = await createVisitor(issuer);
        const asked = await other.open(`/ways/passkeys/${passkey.id}`);
        const used = usePasskey(passkey, ceremonyOn(asked.html, 'sign-in'), issuer, lies);
        return { ...other, page: await other.send(asked, /passkey$/, { credential: used }) };
      };
      assert.equal((await signIn({ counter: 5 })).page.status, 401);
      await smtp.receives(6);
      const { send, page: detail } = await signIn();
      await send(detail, /remove$/);
      await smtp.receives(7);
      const mails = await Promise.all(smtp.received.slice(4).map(readMail));
      assert.deepEqual(
        mails.map(({ subject }) => subject),
        [
          'A passkey was added to your account',
          'Your second factor was changed',
          'Your second factor was changed',
        ],
      );
      assert.match(mails[1]?.text ?? '', /may be a copy/);
      assert.match(mails[2]?.text ?? '', /was removed/);
    });
  });
});
