/** The `mail` section of the declarative file: what is wrong in it is told by its place, and never repeated. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSmtpUrl } from '../../src/config/schema/mail.ts';
import { load, problemsOf, production, temporaryFiles, withFile } from './support.ts';

describe('The mail server in the configuration', () => {
  test('Its URL says where it is, whether TLS is from the start, and who signs in', () => {
    const read = (url: string) => {
      const { host, port, secure, username, password, isLoopback } =
        readSmtpUrl(url) ?? assert.fail(url);
      return [host, port, secure, username, password, isLoopback];
    };
    assert.deepEqual(read('smtps://mail.example'), [
      'mail.example',
      465,
      true,
      undefined,
      undefined,
      false,
    ]);
    assert.deepEqual(read('smtp://mail.example/'), [
      'mail.example',
      587,
      false,
      undefined,
      undefined,
      false,
    ]);
    assert.deepEqual(read('smtp://[::1]:25'), ['::1', 25, false, undefined, undefined, true]);
    assert.deepEqual(read('SMTPS://a%40b.example:p%25%2Fq@localhost:2465'), [
      ...['localhost', 2465, true, 'a@b.example', 'p%/q', true],
    ]);
    for (const url of [
      'mail.example',
      'https://mail.example',
      'smtp://',
      'smtp:mail.example',
      'smtp://a/b',
      'smtp://a?b',
      'smtp://a#b',
      'smtp://u:100%@a',
      'smtp://a:99999',
    ])
      assert.equal(readSmtpUrl(url), undefined, url);
  });

  test('A password with any character is read from a variable', async (context) => {
    const text = `mail: { from: id@id.example, smtp: { url: "smtps://mail.example", username: u, password: "\${MAIL_PASSWORD}" } }`;
    const config = await load(await withFile(context, text, { MAIL_PASSWORD: 'p@s/s:%#?"\'' }));
    assert.equal(config.declaration.mail?.smtp.password, 'p@s/s:%#?"\'');
    assert.deepEqual(config.declaration.mail?.per_address, { limit: 10, windowMs: 3_600_000 });
  });

  const mistakes: Record<string, [mail: object, where: string]> = {
    'without a server': [{ from: 'id@id.example' }, 'mail.smtp'],
    'from two addresses': [
      { from: 'a@id.example, b@id.example', smtp: { url: 'smtps://mail.example' } },
      'mail.from',
    ],
    'by a URL of a page': [
      { from: 'id@id.example', smtp: { url: 'https://user:hunter2@mail.example' } },
      'mail.smtp.url',
    ],
    'by a URL with a password that is not encoded': [
      { from: 'id@id.example', smtp: { url: 'smtps://user:hunt/er2@mail.example' } },
      'mail.smtp.url',
    ],
    'with a user and no password': [
      { from: 'id@id.example', smtp: { url: 'smtps://user@mail.example' } },
      'mail.smtp.password',
    ],
    'with a password and no user': [
      { from: 'id@id.example', smtp: { url: 'smtps://mail.example', password: 'hunter2' } },
      'mail.smtp.username',
    ],
    'with two users': [
      { from: 'id@id.example', smtp: { url: 'smtps://a:hunter2@mail.example', username: 'b' } },
      'mail.smtp.username',
    ],
    'with a password and access tokens': [
      {
        from: 'id@id.example',
        smtp: {
          url: 'smtps://a:hunter2@mail.example',
          oauth: { token_url: 'https://t.example', client_id: 'c', client_secret: 'hunter2' },
        },
      },
      'mail.smtp.oauth',
    ],
    'with access tokens that nothing proves': [
      {
        from: 'id@id.example',
        smtp: {
          ...{ url: 'smtps://mail.example', username: 'a' },
          oauth: { token_url: 'https://t.example', client_id: 'c' },
        },
      },
      'mail.smtp.oauth',
    ],
    'with a password that whoever takes STARTTLS out could read': [
      {
        from: 'id@id.example',
        smtp: { url: 'smtp://u:hunter2@mail.example', tls: 'opportunistic' },
      },
      'mail.smtp.tls',
    ],
    'with access tokens in plaintext': [
      {
        from: 'id@id.example',
        smtp: {
          ...{ url: 'smtp://mail.example', username: 'a', tls: 'none' },
          oauth: { token_url: 'https://t.example', client_id: 'c', client_secret: 'hunter2' },
        },
      },
      'mail.smtp.tls',
    ],
    'with STARTTLS where TLS is from the start': [
      { from: 'id@id.example', smtp: { url: 'smtps://mail.example', tls: 'none' } },
      'mail.smtp.tls',
    ],
  };
  for (const [mistake, [mail, where]] of Object.entries(mistakes)) {
    test(`Mail ${mistake} is a mistake that is told by its place`, async (context) => {
      const { write } = await temporaryFiles(context);
      const path = await write('cardea.json', JSON.stringify({ mail }));
      const problems = await problemsOf({ ...production, CARDEA_CONFIG: path });
      assert.deepEqual(
        problems.map((problem) => problem.where),
        [where],
      );
      assert.ok(!JSON.stringify(problems).includes('hunt'));
    });
  }
});
