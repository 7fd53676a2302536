/**
 * Requests that broke on the way or were never whole: encodings, credentials, JSON, connections.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postForm } from '../support/flows.ts';
import { parameters } from './authorization.ts';
import { declaration, jobSecret } from './configuration.ts';
import { sendRaw } from './raw_request.ts';
import { createRefusals, form, formEndpoints } from './refusals.ts';
import { sqliteTarget } from './target.ts';

sqliteTarget(declaration, (target) => {
  const { post, oauthError } = createRefusals(() => target().issuer);
  const broken = ['%', '%zz', '%c0%ae', '%ff', '%u0041', '%00', '\u0000', '\ud800', '%ed%a0%80'];

  test('Malformed percent-encoding, NUL bytes and lone surrogates are refused without a server error', async () => {
    const { issuer } = target();
    for (const text of broken) {
      for (const path of formEndpoints) {
        await post(path, `grant_type=${text}&client_id=${text}&token=${text}&${text}=${text}`);
      }
      for (const path of ['authorize', 'logout', 'device', 'interaction', 'register', 'assets']) {
        const url = `/${path}/${text}?client_id=${text}&user_code=${text}&${text}`;
        const request = `GET ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
        const { status } = await sendRaw(issuer, Buffer.from(request, 'latin1'));
        assert.ok(status >= 200 && status < 500, `${path} ${JSON.stringify(text)}: ${status}`);
      }
    }
  });

  test('Malformed Basic credentials, bearer tokens and cookies are refused without a server error', async () => {
    const { issuer } = target();
    const encoded = (text: string) => Buffer.from(text, 'latin1').toString('base64');
    for (const credentials of [
      'Basic',
      'Basic ',
      'Basic =',
      'Basic ====',
      'Basic %%%',
      'Basic a',
      `Basic ${encoded('no colon')}`,
      `Basic ${encoded(':')}`,
      `Basic ${encoded('job:')}`,
      `Basic ${encoded(':secret')}`,
      `Basic ${encoded('job:%zz')}`,
      `Basic ${encoded('job:%00')}`,
      `Basic ${encoded('job\u0000:x')}`,
      `Basic ${encoded('\xff\xfe:\xff')}`,
      `Basic ${encoded(`job:${jobSecret}`)} x`,
      `Basic ${encoded(`${'j'.repeat(5000)}:x`)}`,
      'Bearer',
      'Bearer  x',
      'Bearer a b',
      'DPoP x',
      'Negotiate x',
      'basic',
      ',',
    ]) {
      for (const path of ['/token', '/introspect', '/revoke', '/par']) {
        const headers = { authorization: credentials };
        const status = await oauthError(path, 'grant_type=client_credentials&token=x', headers);
        assert.ok([400, 401].includes(status), `${credentials}: ${status}`);
      }
      const userinfo = await fetch(`${issuer}/userinfo`, {
        headers: { authorization: credentials },
      });
      assert.ok([400, 401].includes(userinfo.status), credentials);
      assert.ok(userinfo.headers.get('www-authenticate'));
    }
    for (const cookie of [
      '=',
      ';;;',
      'cardea_session',
      'cardea_session=; cardea_session.sig=',
      '%',
    ]) {
      const answer = await fetch(`${issuer}/device`, { headers: { cookie } });
      assert.equal(answer.status, 200, cookie);
    }
  });

  test('Malformed JSON is refused without a server error', async () => {
    const { issuer } = target();
    const initialToken = await target().initialAccessToken();
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '1',
      '{"a":1}}',
      '\u0000',
      '{"redirect_uris":}',
    ]) {
      const answer = await fetch(`${issuer}/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${initialToken}`, 'content-type': 'application/json' },
        body,
      });
      assert.equal(answer.status, 400, body);
      assert.match(((await answer.json()) as { error: string }).error, /^invalid_/);
    }
    for (const claims of [
      '',
      '{',
      'null',
      '[]',
      '1',
      '"x"',
      '{"userinfo":[]}',
      '{"id_token":1}',
      '{"id_token":{"sub":5}}',
      '{"userinfo":{"name":[]}}',
      '{"id_token":{"acr":{"essential":true,"values":"x"}}}',
    ]) {
      const answer = await postForm(
        `${issuer}/par`,
        new URLSearchParams([...parameters(), ['claims', claims]]),
      );
      assert.equal(answer.status, claims === '' ? 201 : 400, claims);
    }
  });

  test('Half a body, a missing body and an endless body are answered or cut off', async () => {
    const { url } = target();
    const head = `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: ${form}\r\nConnection: close\r\n`;
    const answers = await Promise.all([
      sendRaw(url, `${head}Content-Length: 0\r\n\r\n`),
      sendRaw(url, `${head}\r\n`),
      sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`),
      sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`),
    ]);
    for (const { status } of answers) assert.ok(status === 0 || status === 400, String(status));
  });
});
