/** `cardea mail test`: whether mail can be sent, in the words of the server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CommandLine, createCommandLine } from '../cli/support.ts';
import { type MailServer, readMail, startMailServer } from '../support/mail_server.ts';

describe('cardea mail test', () => {
  let cli: CommandLine;
  let server: MailServer;
  before(async () => {
    [cli, server] = await Promise.all([
      createCommandLine(),
      startMailServer({ password: 'right one' }),
    ]);
  });
  after(async () => {
    await server.close();
    await cli.close();
  });

  /** With the mail section of a declarative file. */
  const run = async (words: string[], mail: string, env: Record<string, string> = {}) => {
    const file = join(cli.folder, 'mail.yaml');
    await writeFile(file, mail);
    return cli.run(['mail', 'test', ...words], { env: { CARDEA_CONFIG: file, ...env } });
  };
  const configured = () =>
    `pages: { name: Northwind, default_locale: de }
mail:
  from: id@id.example
  smtp: { url: "smtp://127.0.0.1:${server.port}", username: mailer, password: "\${SMTP_PASSWORD}" }
`;

  test('A mail that the server takes is told in its words', async () => {
    const sent = await run(['alice@example.com'], configured(), { SMTP_PASSWORD: 'right one' });
    assert.deepEqual([sent.code, sent.stderr], [0, '']);
    assert.equal(sent.stdout, 'The server took it: 250 OK: queued as 4B1D\n');
    const [received] = server.received;
    assert.ok(received);
    assert.deepEqual([received.to, received.user], [['alice@example.com'], 'mailer']);
    assert.equal((await readMail(received)).subject, 'Mail von Northwind funktioniert');
  });

  test('A failure shows the conversation, without the password, and exits with 1', async () => {
    const failed = await run(['alice@example.com'], configured(), { SMTP_PASSWORD: 'wrong one' });
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, '');
    assert.match(failed.stderr, /^< 220 .*^> EHLO id\.example$.*^> AUTH PLAIN$\n^< 535 /ms);
    assert.match(failed.stderr, /^Not sent: Invalid login: 535 Invalid login$/m);
    assert.ok(!failed.stderr.includes('wrong one'));
    const json = await run(['alice@example.com', '--json'], configured(), { SMTP_PASSWORD: 'no' });
    const { ok, result, conversation } = JSON.parse(json.stdout);
    assert.deepEqual([json.code, ok, result], [1, false, 'failed']);
    assert.ok(conversation.includes('< 535 Invalid login'));
  });

  test('Without a mail server, and for what is no address, it says what is missing', async () => {
    const nowhere = await run(['alice@example.com'], 'pages: { name: Northwind }');
    assert.equal(nowhere.code, 1);
    assert.match(
      nowhere.stderr,
      /No mail server is configured\. Declare mail\.from and mail\.smtp/,
    );
    const env = { SMTP_PASSWORD: 'right one' };
    assert.equal((await run(['alice@example.com, bob@example.com'], configured(), env)).code, 2);
  });
});
