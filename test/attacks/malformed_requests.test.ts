/**
 * Requests that are too large, too deep, or of the wrong type: each is answered with the RFC's error and
 * status.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { basic, postForm } from '../support/flows.ts';
import { authorizeUrl, parameters } from './authorization.ts';
import { declaration, jobSecret, orders } from './configuration.ts';
import { sendRaw } from './raw_request.ts';
import { createRefusals, form, formEndpoints } from './refusals.ts';
import { sqliteTarget } from './target.ts';

const pages = ['/authorize', '/device', '/logout', '/logout/confirm', '/interaction/x/sign-in'];
const job = { authorization: basic('job', jobSecret) };

const encode = (text: string) => Buffer.from(text).toString('base64url');

sqliteTarget(declaration, (target) => {
  const { post, oauthError } = createRefusals(() => target().issuer);
  /** Streams the body in pieces, without a length. */
  const chunked = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 16_384) {
          controller.enqueue(bytes.slice(at, at + 16_384));
        }
        controller.close();
      },
    });
  };

  describe('Oversized requests', () => {
    test('An oversized body is refused, with or without a length', async () => {
      for (const size of [60_000, 70_000, 500_000]) {
        for (const path of formEndpoints) {
          const body = `client_id=app&grant_type=x&token=${'x'.repeat(size)}`;
          assert.ok([400, 413].includes(await oauthError(path, body)));
          await oauthError(path, chunked(body)).catch((error) => {
            // The server may close the connection while the rest is still being sent.
            assert.equal(error.name, 'TypeError');
          });
        }
        for (const path of pages) await post(path, `a=${'x'.repeat(size)}`);
      }
    });

    test('A request with too many parameters is refused', async () => {
      const many = new URLSearchParams();
      for (let index = 0; index < 5000; index += 1) many.append(`p${index}`, '');
      for (const path of [...formEndpoints, ...pages]) await post(path, many);
      const scopes = `client_id=app&scope=${'openid+'.repeat(5000)}`;
      for (const path of formEndpoints) await post(path, scopes);
      const resources = parameters();
      for (let index = 0; index < 1000; index += 1) resources.push(['resource', orders]);
      const pushed = await postForm(`${target().issuer}/par`, resources);
      assert.ok(pushed.status < 500);
    });

    test('An oversized URL, header or cookie is refused', async () => {
      const { issuer } = target();
      const long = await fetch(authorizeUrl(issuer, { state: 'x'.repeat(9000) }));
      assert.equal(long.status, 414);
      for (const header of [
        'authorization',
        'cookie',
        'dpop',
        'origin',
        'accept-language',
        'x-any',
      ]) {
        const large = await fetch(`${issuer}/userinfo`, {
          headers: { [header]: 'x'.repeat(20_000) },
        });
        assert.equal(large.status, 431, header);
        const many = `${'a=b,;q=1 '.repeat(1500)}`;
        const answer = await fetch(`${issuer}/userinfo`, { headers: { [header]: many } });
        assert.ok([400, 401].includes(answer.status), header);
      }
    });

    test('Oversized metadata is refused at client registration', async () => {
      const authorization = `Bearer ${await target().initialAccessToken()}`;
      const uri = (index: number) => `https://x.example/${'y'.repeat(1000)}/${index}`;
      for (const metadata of [
        { redirect_uris: ['https://x.example/'], client_name: 'x'.repeat(20_000) },
        { redirect_uris: Array.from({ length: 20 }, (_, index) => uri(index)) },
      ]) {
        const answer = await fetch(`${target().issuer}/register`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify(metadata),
        });
        assert.equal(answer.status, 400);
        const { error } = (await answer.json()) as { error: string };
        assert.equal(error, 'invalid_client_metadata');
      }
    });

    test('Oversized values are refused before they are stored', async () => {
      const { issuer } = target();
      for (const [path, limit] of [
        ['/par', 8192],
        ['/device_authorization', 2048],
      ] as const) {
        for (const [name, value] of [
          ['login_hint', 'x'.repeat(limit)],
          ['resource', `https://x.example/${'x'.repeat(limit)}`],
          ['request', 'x'.repeat(limit)],
        ] as const) {
          const fields = { ...Object.fromEntries(parameters()), [name]: value };
          const { status, body } = await postForm(`${issuer}${path}`, fields);
          assert.deepEqual([status, body.error], [400, 'invalid_request'], `${path} ${name}`);
          assert.match(String(body.error_description), /longer than/);
        }
      }
    });

    test('Deeply nested claims and registrations are refused', async () => {
      const { issuer } = target();
      const initialToken = await target().initialAccessToken();
      for (const depth of [50, 500, 5000, 25_000]) {
        const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
        const object = `${'{"a":'.repeat(depth / 5)}1${'}'.repeat(depth / 5)}`;
        for (const value of [deep, object]) {
          const claims = `{"userinfo":{"name":{"value":${value}}}}`;
          const pushed = await postForm(
            `${issuer}/par`,
            new URLSearchParams([...parameters(), ['claims', claims]]),
          );
          assert.ok(pushed.status < 500, `claims, ${depth} deep`);
          for (const member of [
            `"jwks":{"keys":[{"kty":"other","x":${value}}]}`,
            `"jwks":{"keys":[${value}]}`,
            `"jwks":${value}`,
            `"contacts":${value}`,
            `"redirect_uris":${value}`,
            `"scope":${value}`,
            `"unknown":${value}`,
          ]) {
            const answer = await fetch(`${issuer}/register`, {
              method: 'POST',
              headers: {
                authorization: `Bearer ${initialToken}`,
                'content-type': 'application/json',
              },
              body: `{"redirect_uris":["https://x.example/cb"],${member}}`,
            });
            assert.ok(answer.status < 500, `${member.slice(0, 60)}, ${depth} deep`);
            await answer.body?.cancel();
          }
        }
      }
    });

    test('Deeply nested request objects are refused', async () => {
      const { issuer } = target();
      for (const depth of [40, 1000, 2500]) {
        const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
        const now = Math.floor(Date.now() / 1000);
        const times = `"iat":${now},"nbf":${now},"exp":${now + 60}`;
        const own = `"iss":"signer","client_id":"signer","aud":"${issuer}",${times}`;
        for (const member of [`"claims":${deep}`, `"state":${deep}`, `"other":${deep}`]) {
          const header = '{"alg":"ES256","kid":"signer-key"}';
          const request = `${encode(header)}.${encode(`{${own},${member}}`)}.AA`;
          // What the library's decoder takes for a JWT, it walks through before it verifies.
          for (const clientId of ['signer', 'app']) {
            const fields = { ...Object.fromEntries(parameters()), client_id: clientId, request };
            const { status, body } = await postForm(`${issuer}/device_authorization`, fields);
            assert.ok(status < 500, `device, ${member.slice(0, 20)}, ${depth} deep`);
            assert.notEqual(body.error, 'server_error');
            const url = authorizeUrl(issuer, { client_id: clientId, request });
            const shown = await fetch(url, { redirect: 'manual' });
            assert.ok(shown.status < 500, `authorize, ${member.slice(0, 20)}, ${depth} deep`);
          }
          const pushed = await postForm(`${issuer}/par`, { client_id: 'app', request });
          assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_request_object']);
        }
      }
    });

    test('Deeply nested JWTs of every purpose are refused', async () => {
      const { issuer } = target();
      for (const depth of [100, 5000]) {
        const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
        const header = `{"alg":"ES256","typ":"dpop+jwt","kid":"signer-key","jwk":${deep}}`;
        const payload = `{"iss":"signer","sub":"signer","aud":${deep},"jti":${deep}}`;
        for (const jwt of [
          `${encode(header)}.${encode('{}')}.AA`,
          `${encode('{"alg":"ES256","kid":"signer-key"}')}.${encode(payload)}.AA`,
          `${encode(deep)}.${encode(deep)}.AA`,
        ]) {
          const hinted = await fetch(authorizeUrl(issuer, { id_token_hint: jwt }), {
            redirect: 'manual',
          });
          assert.ok(hinted.status < 500);
          const fields = { grant_type: 'client_credentials', token: jwt };
          const assertion = {
            client_assertion: jwt,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          };
          for (const [path, more, headers] of [
            ['/token', assertion, {}],
            ['/token', {}, { ...job, dpop: jwt }],
            ['/introspect', {}, job],
            ['/userinfo', {}, { authorization: `Bearer ${jwt}` }],
            ['/userinfo', {}, { authorization: 'DPoP x', dpop: jwt }],
          ] as const) {
            if (JSON.stringify(headers).length > 16_000) continue;
            const answer = await postForm(`${issuer}${path}`, { ...fields, ...more }, headers);
            assert.ok(answer.status < 500, `${path} ${depth}`);
          }
        }
      }
    });
  });

  describe('Wrong content types and methods', () => {
    test('A wrong content type is refused', async () => {
      const body = `grant_type=client_credentials&resource=${encodeURIComponent(orders)}`;
      for (const type of [
        'application/json',
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/xml',
        `${form}, application/json`,
        'nonsense',
        '/',
        `application/json; ${form}`,
      ]) {
        for (const path of formEndpoints) {
          await oauthError(path, body, { ...job, 'content-type': type });
        }
      }
      await oauthError('/token', JSON.stringify({ grant_type: 'client_credentials' }), job);
      for (const charset of ['utf-7', 'utf-16', 'nonsense', '../../x']) {
        const headers = { 'content-type': `${form}; charset=${charset}` };
        await post('/interaction/x/sign-in', 'a=b', headers);
        await post('/authorize', 'a=b', headers);
      }
      await post('/authorize', 'a=b', { 'content-encoding': 'gzip' });
    });

    test('A wrong method is refused', async () => {
      const { issuer } = target();
      for (const path of [...formEndpoints, '/register', '/userinfo', '/authorize', '/device']) {
        for (const method of ['PUT', 'DELETE', 'PATCH', 'PROPFIND', 'PURGE']) {
          const answer = await fetch(`${issuer}${path}`, { method });
          assert.ok([404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
        }
      }
      for (const method of ['TRACE', 'TRACK', 'NONSENSE', 'get', 'PRI']) {
        const request = `${method} /token HTTP/1.1\r\nHost: a\r\nCookie: secret=1\r\nConnection: close\r\n\r\n`;
        const { status, body } = await sendRaw(target().url, request);
        assert.ok(status >= 400 && status < 500, method);
        assert.doesNotMatch(body, /secret/);
      }
    });
  });
});
