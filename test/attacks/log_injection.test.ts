/**
 * Nothing that is sent gets out of its place: no header, no line of the log and no terminal that shows it is
 * split or steered by it, and no secret of any kind is in the log or in an error.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alice } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { createAppSession } from '../support/app_session.ts';
import { basic, postForm } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { callback, declaration, jobSecret, orders, shopSecret } from './configuration.ts';
import { sendRaw } from './raw_request.ts';
import { sqliteTarget } from './target.ts';

const marker = 'injected-by-the-attacker';
const payloads = [
  `\r\nSet-Cookie: ${marker}=1\r\n\r\n<html>`,
  `\n{"level":"info","msg":"${marker}"}`,
  `\r${marker}`,
  `\u2028${marker}\u2029`,
  `\u0085${marker}`,
  `\u001b[2J\u001b[31m${marker}\u001b]0;title\u0007`,
  `\u009b31m${marker}`,
  `\u202e${marker}\u2066`,
  `"}\n{"a":"${marker}`,
  `%0d%0aSet-Cookie:%20${marker}=1`,
  `${marker}\u0000`,
  `嘊嘍Set-Cookie: ${marker}`,
  `${'𝕳'.repeat(300)}${marker}`,
  `${marker}${'A'.repeat(2000)}`,
];
/** What a terminal, or a reader of lines, would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

sqliteTarget(declaration, (target) => {
  const job = { authorization: basic('job', jobSecret) };

  test('No parameter becomes a header or log line of its own', async () => {
    const { issuer } = target();
    for (const text of payloads) {
      const before = target().logged().length;
      const requests = [
        ...[
          'state',
          'nonce',
          'client_id',
          'redirect_uri',
          'scope',
          'prompt',
          'ui_locales',
          'login_hint',
        ].map((name) => fetch(authorizeUrl(issuer, { [name]: text }), { redirect: 'manual' })),
        ...['grant_type', 'client_id', 'scope', 'resource', 'code', 'refresh_token'].map((name) =>
          fetch(`${issuer}/token`, {
            method: 'POST',
            headers: job,
            body: new URLSearchParams({ grant_type: 'client_credentials', [name]: text }),
          }),
        ),
        fetch(`${issuer}/${encodeURIComponent(text)}`, { redirect: 'manual' }),
        fetch(`${issuer}/register/${encodeURIComponent(text)}`, { redirect: 'manual' }),
        fetch(`${issuer}/logout?${new URLSearchParams({ state: text, client_id: text })}`),
        fetch(`${issuer}/device?${new URLSearchParams({ user_code: text })}`),
        fetch(`${issuer}/introspect`, {
          method: 'POST',
          headers: job,
          body: new URLSearchParams({ token: text, token_type_hint: text }),
        }),
        fetch(`${issuer}/userinfo`, {
          headers: { authorization: `Bearer ${encodeURIComponent(text)}` },
        }),
      ];
      for (const answer of await Promise.all(requests)) {
        await answer.body?.cancel();
        assert.doesNotMatch(answer.headers.getSetCookie().join(), new RegExp(marker), answer.url);
        assert.ok(answer.status < 500, answer.url);
        for (const [name, value] of answer.headers) {
          assert.doesNotMatch(value, steering, name);
        }
      }
      const lines = target().logged().slice(before).split('\n').filter(Boolean);
      assert.equal(lines.length, requests.length, 'one line for each request');
      for (const line of lines) {
        const { msg } = JSON.parse(line);
        assert.equal(msg, 'request');
        assert.doesNotMatch(line, steering);
        assert.ok(line.length < 1500);
      }
    }
  });

  test('No header, cookie or request line becomes a log line of its own', async () => {
    const { url } = target();
    const before = target().logged().length;
    const odd = `${marker}\u001b[31m\u0085`;
    for (const request of [
      `GET /nowhere HTTP/1.1\r\nHost: a\r\nUser-Agent: ${odd}\r\nConnection: close\r\n\r\n`,
      `GET /device HTTP/1.1\r\nHost: a\r\nCookie: cardea_session=${odd}\r\nConnection: close\r\n\r\n`,
      `GET /userinfo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${odd}\r\nConnection: close\r\n\r\n`,
      `POST /token HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${odd}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      `GET /userinfo HTTP/1.1\r\nHost: a\r\nAuthorization: DPoP x\r\nDPoP: ${odd}\r\nConnection: close\r\n\r\n`,
      `GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${odd}\r\nConnection: close\r\n\r\n`,
      `GET /nowhere HTTP/1.1\r\nHost: a\r\nAccept-Language: ${odd}\r\nConnection: close\r\n\r\n`,
      `GET /jwks HTTP/1.1\r\nHost: a\r\nOrigin: ${odd}\r\nConnection: close\r\n\r\n`,
      `GET /${marker}\u0085 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    ]) {
      const { status, head } = await sendRaw(url, Buffer.from(request, 'latin1'));
      assert.ok(status >= 200 && status < 500, `${status}: ${request}`);
      assert.doesNotMatch(head, new RegExp(marker));
    }
    const log = target().logged().slice(before);
    assert.doesNotMatch(log, new RegExp(marker));
  });

  describe('Secrets in the log', () => {
    test('No secret appears in the log, whatever is sent to any endpoint', async () => {
      const { issuer } = target();
      const app = createAppSession({
        issuer,
        clientId: 'app',
        scope: 'openid profile offline_access orders:read notes:read',
      });
      const { code, verifier } = await app.newCode({ resource: orders });
      const first = await app.redeem(target(), { code, verifier });
      const refreshed = await app.refresh(target(), String(first.body.refresh_token));
      const device = await postForm(`${issuer}/device_authorization`, { client_id: 'app' });
      const pushed = await postForm(`${issuer}/par`, new URLSearchParams(parameters()));
      const initial = await target().initialAccessToken();
      const registered = await fetch(`${issuer}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${initial}`, 'content-type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [callback] }),
      });
      const client = (await registered.json()) as Record<string, string>;
      const secrets = [
        code,
        verifier,
        ...[first.body, refreshed.body].flatMap((body) =>
          ['access_token', 'refresh_token', 'id_token'].map((name) => String(body[name])),
        ),
        String(device.body.device_code),
        String(device.body.user_code),
        String(pushed.body.request_uri).split(':').at(-1),
        initial,
        client.client_secret,
        client.registration_access_token,
        ...app.agent.cookies().map(({ value }) => value),
        alice.password,
        jobSecret,
        shopSecret,
      ].filter((secret): secret is string => Boolean(secret));
      assert.ok(secrets.length > 18);

      const wrongPassword = 'a-password-that-is-wrong';
      const agent = createUserAgent();
      const page = await agent.open(authorizeUrl(issuer));
      const fields = { username: 'alice', password: wrongPassword };
      await agent.submit(page, { action: /sign-in$/, fields });
      // As the username: a mistake that people make.
      const slip = { username: alice.password, password: 'alice' };
      await agent.submit(page, { action: /sign-in$/, fields: slip });

      // Every secret in every place, most of them wrong.
      await Promise.all(
        secrets.flatMap((secret) => [
          fetch(`${issuer}/${encodeURIComponent(secret)}?code=${encodeURIComponent(secret)}`),
          fetch(`${issuer}/userinfo?access_token=${encodeURIComponent(secret)}`),
          fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${secret}` } }),
          fetch(`${issuer}/register/${encodeURIComponent(secret)}`, {
            headers: { authorization: `Bearer ${secret}` },
          }),
          fetch(`${issuer}/interaction/${encodeURIComponent(secret)}`),
          fetch(`${issuer}/logout?id_token_hint=${encodeURIComponent(secret)}`),
          fetch(authorizeUrl(issuer, { state: secret, id_token_hint: secret }), {
            redirect: 'manual',
          }),
          fetch(`${issuer}/nowhere`, { headers: { cookie: `cardea_session=${secret}` } }),
          ...['grant_type', 'client_id', 'client_secret', 'scope', 'code', 'refresh_token'].map(
            (name) => postForm(`${issuer}/token`, { grant_type: 'refresh_token', [name]: secret }),
          ),
          postForm(`${issuer}/revoke`, { token: secret, client_id: 'app' }),
          postForm(`${issuer}/introspect`, { token: secret }, job),
          postForm(`${issuer}/token`, {}, { authorization: basic(secret, secret) }),
          fetch(`${issuer}/register`, {
            method: 'POST',
            headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
            body: `{"client_secret":"${secret}`,
          }),
        ]),
      );
      const { audit_events } = await target().dump();
      const records = `${target().logged()}${JSON.stringify(audit_events)}`;
      for (const secret of [...secrets, wrongPassword]) {
        assert.equal(records.includes(secret), false, `${secret} was recorded`);
      }
    });
  });
});
