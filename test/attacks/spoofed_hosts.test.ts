/**
 * Whatever a request says about hosts, schemes and addresses, every URL that the server writes begins with
 * the issuer, and every address that it counts or records is the connection's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createUserAgent } from '../../harness/user_agent.ts';
import { postForm } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { declaration } from './configuration.ts';
import { sendRaw } from './raw_request.ts';
import { sqliteTarget } from './target.ts';

const evil = 'evil.example';
const spoofs: Record<string, string>[] = [
  { 'x-forwarded-host': evil },
  { 'x-forwarded-host': `${evil}, 127.0.0.1` },
  { 'x-forwarded-proto': 'https' },
  { 'x-forwarded-port': '666' },
  { 'x-forwarded-server': evil },
  { 'x-forwarded-prefix': `//${evil}` },
  { 'x-original-url': `//${evil}/` },
  { 'x-rewrite-url': `//${evil}/` },
  { 'x-host': evil },
  { forwarded: `for=1.2.3.4;host=${evil};proto=https` },
  { forwarded: `for="[::1]";host="${evil}"` },
  { 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4', 'true-client-ip': '1.2.3.4' },
];

sqliteTarget(declaration, (target) => {
  const registrationOf = async (headers: Record<string, string>) => {
    const answer = await fetch(`${target().issuer}/register`, {
      method: 'POST',
      headers: {
        ...headers,
        authorization: `Bearer ${await target().initialAccessToken()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ redirect_uris: ['https://x.example/cb'] }),
    });
    return answer.text();
  };

  describe('Forwarding headers from untrusted peers', () => {
    test('A forwarding header from an untrusted peer never changes a URL', async () => {
      const { issuer } = target();
      for (const headers of spoofs) {
        const texts = [
          await (await fetch(`${issuer}/.well-known/openid-configuration`, { headers })).text(),
          JSON.stringify(
            (await postForm(`${issuer}/device_authorization`, { client_id: 'app' }, headers)).body,
          ),
          await registrationOf(headers),
        ];
        const started = await fetch(authorizeUrl(issuer), { headers, redirect: 'manual' });
        texts.push(started.headers.get('location') ?? '', ...started.headers.getSetCookie());
        const failed = await fetch(`${issuer}/nowhere`, {
          headers: { ...headers, accept: 'text/html' },
        });
        texts.push(await failed.text());
        // Ids are random, and may hold any digits.
        for (const text of texts)
          assert.doesNotMatch(text, /evil\.example|:666\b|"https:\/\/127/, text);
      }
    });

    test('A forwarding header from an untrusted peer never reaches the log or the audit trail', async () => {
      const { issuer } = target();
      const page = await createUserAgent().open(authorizeUrl(issuer));
      assert.equal(page.status, 200);
      for (const headers of spoofs) await fetch(`${issuer}/token`, { method: 'POST', headers });
      assert.doesNotMatch(target().logged(), /1\.2\.3\.4|evil/);
      const { audit_events } = await target().dump();
      assert.doesNotMatch(JSON.stringify(audit_events), /1\.2\.3\.4|evil/);
    });

    test('A forwarding header from an untrusted peer never sets the request id', async () => {
      const headers = { 'x-request-id': 'chosen-by-a-stranger' };
      const answer = await fetch(`${target().issuer}/nowhere`, { headers });
      assert.notEqual(answer.headers.get('x-request-id'), headers['x-request-id']);
      assert.doesNotMatch(target().logged(), /chosen-by-a-stranger/);
    });
  });

  describe('Spoofed Host headers', () => {
    const ask = (target: string, host: string) =>
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

    test('A foreign Host header or request target changes nothing in the response', async () => {
      const { url, issuer } = target();
      const path = '/.well-known/openid-configuration';
      const query = `/authorize?${new URLSearchParams(parameters())}`;
      for (const host of [evil, `${evil}:80`, '127.0.0.1', '[::1]', '', `a@${evil}`, '\u0001']) {
        const { status, body } = await sendRaw(url, ask(path, host));
        if (status === 400) continue;
        assert.equal(status, 200, host);
        assert.ok(body.includes(`"issuer":"${issuer}"`));
        assert.doesNotMatch(body, /evil/);
        const { head } = await sendRaw(url, ask(query, host));
        assert.match(head, /\r\nlocation: \/interaction\//i);
        assert.doesNotMatch(head, /evil/);
      }
      for (const absolute of [
        `http://${evil}${path}`,
        `https://${evil}${path}`,
        `HTTP://user:password@${evil}:8080${path}`,
      ]) {
        const { status, body } = await sendRaw(url, ask(absolute, evil));
        assert.equal(status, 200, absolute);
        assert.doesNotMatch(body, /evil/);
      }
      const { head } = await sendRaw(url, ask(`http://${evil}${query}`, evil));
      assert.match(head, /\r\nlocation: \/interaction\//i);
      assert.doesNotMatch(head, /evil/);
    });

    test('An ambiguous Host header is refused', async () => {
      const { url } = target();
      for (const request of [
        'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
        `GET / HTTP/1.1\r\nHost: a\r\nHost: ${evil}\r\nConnection: close\r\n\r\n`,
        `GET ${evil} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        `GET ftp://${evil}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        `GET *  HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      ]) {
        assert.equal((await sendRaw(url, request)).status, 400, request);
      }
      const tunnel = `CONNECT ${evil}:443 HTTP/1.1\r\nHost: ${evil}:443\r\n\r\n`;
      assert.notEqual((await sendRaw(url, tunnel)).status, 200);
    });

    test('A smuggled request is not executed', async () => {
      const { url } = target();
      const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
      for (const headers of [
        `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
        `Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
        `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
        `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
        `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
        `Content-Length: +5\r\n\r\nhello`,
        `Content-Length: -1\r\n\r\n${smuggled}`,
        `Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
        `X: a\r\n b\r\n\r\n`,
        `X: a\nY: b\n\n${smuggled}`,
      ]) {
        const request = `POST /token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}`;
        const { status, body } = await sendRaw(url, request);
        // 0: cut off without an answer, where a request was under way already.
        assert.ok(status === 0 || (status >= 400 && status < 500), `${status} for ${headers}`);
        assert.doesNotMatch(body, /HTTP\/1\.1/, headers);
      }
    });
  });
});
