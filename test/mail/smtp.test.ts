/** The operator's mail server is spoken to as it is configured: by TLS, and with proof. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { createAccessTokens, createSendBySmtp, type SmtpLine } from '../../src/mail/room.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';
import { type MailServer, mailServerCa, startMailServer } from '../support/mail_server.ts';
import { createMovableClock } from '../support/rooms.ts';
import { issuer, mailDeclaration } from './mail_rooms.ts';

const message = {
  ...{ id: 'mail_1', to: 'alice@example.com', subject: 'Hello', createdAt: 1_700_000_000_000 },
  ...{ html: '<p>Hello</p>', text: 'Hello' },
};
const password = 'p@ss/word:%#?';

/** By a server at this address, with what is declared beside it. */
function sender(url: string, given: object = {}, options: object = {}) {
  const mail = mailDeclaration(0, { smtp: { url, ...given } });
  return createSendBySmtp({ mail, senderName: () => 'Northwind', issuer, ...options });
}

describe('TLS to the mail server', () => {
  let plain: MailServer;
  let starttls: MailServer;
  let always: MailServer;
  before(async () => {
    [plain, starttls, always] = await Promise.all([
      startMailServer(),
      startMailServer({ tls: 'starttls' }),
      startMailServer({ tls: 'always' }),
    ]);
  });
  after(() => Promise.all([plain, starttls, always].map((server) => server.close())));

  test('Nothing is sent without TLS to another machine, unless the operator says so', async () => {
    // Leads here, and is no name of this machine.
    const elsewhere = `smtp://0.0.0.0:${plain.port}`;
    const refused = await sender(elsewhere)(message);
    assert.equal(refused.result, 'failed');
    assert.match(refused.reason, /STARTTLS/);
    assert.equal(plain.received.length, 0);
    for (const tls of ['opportunistic', 'none'])
      assert.equal((await sender(elsewhere, { tls })(message)).result, 'delivered');
    assert.equal((await sender(`smtp://localhost:${plain.port}`)(message)).result, 'delivered');
    assert.deepEqual(
      plain.received.map(({ isSecure }) => isSecure),
      [false, false, false],
    );
  });

  test('STARTTLS is used where it is required, and a certificate that nobody vouches for is refused', async () => {
    const url = `smtp://localhost:${starttls.port}`;
    const refused = await sender(url, { tls: 'required' })(message);
    assert.equal(refused.result, 'failed');
    assert.match(refused.reason, /certificate/);
    for (const tls of ['required', 'opportunistic']) {
      const trusting = sender(url, { tls }, { ca: mailServerCa });
      assert.deepEqual(await trusting(message), {
        result: 'delivered',
        reason: '250 OK: queued as 4B1D',
      });
    }
    assert.ok(starttls.received.every(({ isSecure }) => isSecure));
  });

  test('smtps:// is TLS from the start', async () => {
    const url = `smtps://localhost:${always.port}`;
    assert.match((await sender(url)(message)).reason, /certificate/);
    assert.equal((await sender(url, {}, { ca: mailServerCa })(message)).result, 'delivered');
    assert.equal(always.received[0]?.isSecure, true);
  });
});

describe('Who signs in to the mail server', () => {
  let server: MailServer;
  let endpoint: Server;
  /** What the token endpoint was asked, and what it answers. */
  const asked: URLSearchParams[] = [];
  let answer: { status: number; body: object };
  let tokenUrl: string;
  before(async () => {
    server = await startMailServer({ password });
    endpoint = createServer(async (request, response) => {
      asked.push(new URLSearchParams(await text(request)));
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    tokenUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`;
  });
  after(async () => {
    endpoint.close();
    await server.close();
  });

  const clock = createMovableClock();
  const byOAuth = (oauth: object) => {
    const given = {
      username: 'id@id.example',
      oauth: { token_url: tokenUrl, client_id: 'c', ...oauth },
    };
    const url = `smtp://127.0.0.1:${server.port}`;
    const declared = mailDeclaration(0, { smtp: { url, ...given } }).smtp.oauth ?? assert.fail();
    asked.length = 0;
    server.tokens.clear();
    const log = { warn: () => {} };
    const tokens = createAccessTokens({
      ...{ oauth: declared, mailbox: 'id@id.example', clock },
      fetch: createOutboundFetch({ allow: ['127.0.0.0/8'], log }),
    });
    return sender(url, given, { tokens });
  };
  const give = (token: string, more: object = {}) => {
    answer = { status: 200, body: { access_token: token, token_type: 'Bearer', ...more } };
  };

  test('A password is in the URL, percent-encoded, or beside it as it is', async () => {
    const encoded = encodeURIComponent(password);
    const bySmtp = sender(`smtp://id%40id.example:${encoded}@127.0.0.1:${server.port}`);
    assert.equal((await bySmtp(message)).result, 'delivered');
    const beside = { username: 'mailer', password };
    const url = `smtp://127.0.0.1:${server.port}`;
    assert.equal((await sender(url, beside)(message)).result, 'delivered');
    assert.deepEqual(
      server.received.map(({ user }) => user),
      ['id@id.example', 'mailer'],
    );
  });

  test('A wrong password is told in the words of the server, and the conversation without it', async () => {
    const lines: SmtpLine[] = [];
    const onLine = (line: SmtpLine) => void lines.push(line);
    const wrong = sender(`smtp://127.0.0.1:${server.port}`, {
      username: 'mailer',
      password: 'wrong one',
    });
    const outcome = await wrong(message, { onLine });
    assert.deepEqual(outcome, { result: 'failed', reason: 'Invalid login: 535 Invalid login' });
    const said = lines.map(({ from, text: line }) => `${from} ${line}`).join('\n');
    assert.match(
      said,
      /^S 220 .*\nC EHLO id\.example\nS 250-(?:.|\n)*\nC AUTH PLAIN\nS 535 Invalid login$/,
    );
    for (const secret of ['wrong one', Buffer.from('wrong one').toString('base64').slice(0, 10)])
      assert.ok(!said.includes(secret));
  });

  test('A server that offers no sign-in is not sent mail without one', async (t) => {
    const open = await startMailServer();
    t.after(() => open.close());
    const url = `smtp://user:secret@127.0.0.1:${open.port}`;
    assert.equal((await sender(url)(message)).result, 'failed');
    assert.deepEqual(open.received, []);
  });

  test('An access token comes of a refresh token, is kept as long as it is good, and fetched anew when the server does not take it', async () => {
    const send = byOAuth({ client_secret: 's', refresh_token: 'r', scope: 'mail' });
    server.tokens.add('first').add('second');
    give('first', { expires_in: 3600 });
    for (let times = 0; times < 2; times += 1)
      assert.equal((await send(message)).result, 'delivered');
    assert.deepEqual(asked.map(Object.fromEntries), [
      {
        grant_type: 'refresh_token',
        refresh_token: 'r',
        client_id: 'c',
        client_secret: 's',
        scope: 'mail',
      },
    ]);
    server.tokens.delete('first');
    give('second', { expires_in: 3600 });
    assert.equal((await send(message)).result, 'delivered');
    assert.equal(asked.length, 2);
    clock.advance(3500 * 1000);
    assert.equal((await send(message)).result, 'delivered');
    assert.equal(asked.length, 3);
  });

  test('A service gets its token by its own credentials, or by an assertion that it signs', async () => {
    const byClient = byOAuth({ client_secret: 's', scope: 'https://mail.example/.default' });
    server.tokens.add('service');
    give('service');
    assert.equal((await byClient(message)).result, 'delivered');
    assert.equal(asked[0]?.get('grant_type'), 'client_credentials');

    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const byAssertion = byOAuth({ private_key: pem, scope: 'https://mail.example/' });
    server.tokens.add('account');
    give('account');
    assert.equal((await byAssertion(message)).result, 'delivered');
    const [{ assertion, grant_type: grantType } = assert.fail()] = asked.map(Object.fromEntries);
    assert.equal(grantType, 'urn:ietf:params:oauth:grant-type:jwt-bearer');
    const keys = createLocalJWKSet({ keys: [await exportJWK(publicKey)] });
    const { payload } = await jwtVerify(assertion, keys, {
      ...{ issuer: 'c', subject: 'id@id.example', audience: tokenUrl, algorithms: ['RS256'] },
      currentDate: new Date(clock.now()),
    });
    assert.equal(payload.scope, 'https://mail.example/');
  });

  test('A token endpoint that refuses, or answers something else, is told without what it was sent', async () => {
    const send = byOAuth({ client_secret: 'secret of ours', refresh_token: 'r' });
    answer = { status: 400, body: { error: 'invalid_grant', error_description: 'secret of ours' } };
    const refused = await send(message);
    assert.equal(refused.result, 'failed');
    assert.equal(refused.reason, 'the token endpoint answered 400: invalid_grant');
    answer = { status: 200, body: { token: 'x' } };
    assert.equal((await send(message)).reason, 'the token endpoint answered 200: no access token');
  });
});

describe('Recipients', () => {
  test('An address with letters of any alphabet arrives, its domain as the mail system knows it', async (t) => {
    const server = await startMailServer();
    t.after(() => server.close());
    const send = sender(`smtp://127.0.0.1:${server.port}`);
    const lines: string[] = [];
    const onLine = ({ text: line }: SmtpLine) => void lines.push(line);
    for (const to of ['alice@bücher.example', 'älice@bücher.example'])
      assert.equal((await send({ ...message, to }, { onLine })).result, 'delivered');
    const recipients = lines.filter((line) => line.startsWith('RCPT TO'));
    assert.deepEqual(recipients, [
      'RCPT TO:<alice@xn--bcher-kva.example>',
      // RFC 6531: all of it as it is, where the server takes that.
      'RCPT TO:<älice@bücher.example>',
    ]);
  });

  test('A server that cannot be reached is told so', async () => {
    const send = sender('smtp://127.0.0.1:1');
    const outcome = await send(message);
    assert.equal(outcome.result, 'failed');
    assert.match(outcome.reason, /ECONNREFUSED/);
  });
});
