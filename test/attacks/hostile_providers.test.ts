/**
 * Providers that answer what they must not, too much, too slowly, or in another's name: each time the person is told on
 * a page, an operator can look up why, and nobody is signed in, made or connected. Nothing here is about accounts of one
 * provider and another (that is in linking_attacks): these lie about who has signed in, and how.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import {
  type AnsweringServer,
  sendJson,
  startAnsweringServer,
} from '../../harness/providers/answering_server.ts';
import {
  type Script,
  type ScriptedProvider,
  startScriptedProvider,
} from '../../harness/providers/scripted_provider.ts';
import { createUserAgent, type Page } from '../../harness/user_agent.ts';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { refusalOnRecord } from '../flows/refusals/on_record.ts';
import { createAppSession } from '../support/app_session.ts';
import { failuresOf } from '../support/flows.ts';
import { declarationWith, reserveAddress, signInWith } from '../support/identity_providers.ts';
import { callbackUri } from '../support/relying_party.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { eachEngine } from '../support/stores.ts';

const now = () => Math.floor(Date.now() / 1000);
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const contentOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;

/** Answers without end, for as long as somebody listens. */
const endless: Script['answers'][string] = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('error', () => {});
  const more = () => {
    while (!response.destroyed && response.write(`"${'x'.repeat(65_536)}",`));
    if (!response.destroyed) response.once('drain', more);
  };
  response.write('[');
  more();
};

const garbage: Script['answers'][string] = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token": <');

const silence = () => {};

const loop: Script['answers'][string] = (request, response) =>
  void response.writeHead(302, { location: request.url }).end();

/** By what they are called in a report: what a provider does at one sign-in. */
const lies: Record<string, () => Partial<Script> | Promise<Partial<Script>>> = {
  'an ID token of another issuer': () => ({ claims: { iss: 'https://accounts.google.com' } }),
  'an ID token for another client': () => ({ claims: { aud: 'another' } }),
  'an ID token for several, of another party': () => ({
    claims: { aud: ['cardea', 'x'], azp: 'x' },
  }),
  'an ID token that has expired': () => ({ claims: { iat: now() - 900, exp: now() - 600 } }),
  'an ID token with another nonce': () => ({ claims: { nonce: 'another' } }),
  'an ID token without a nonce': () => ({ claims: { nonce: undefined } }),
  'an ID token without a subject': () => ({ claims: { sub: undefined } }),
  'a subject that is no text': () => ({ claims: { sub: { id: 1 } } }),
  'a subject without end': () => ({
    claims: { sub: 'x'.repeat(100_000) },
    answers: {
      '/userinfo': (_request, response) => sendJson(response, { sub: 'x'.repeat(100_000) }),
    },
  }),
  'an ID token that nobody has signed': () => ({
    forge: (token) => `${encoded({ alg: 'none' })}.${encoded(contentOf(token))}.`,
  }),
  'an ID token that is signed with the client secret': () => ({
    forge: (token) =>
      new SignJWT(contentOf(token) as never)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode('the-secret-of-cardea-at-the-scripted-provider')),
  }),
  'an ID token that is signed with a key of somebody else': async () => {
    const { privateKey } = await generateKeyPair('RS256');
    return {
      forge: (token) =>
        new SignJWT(contentOf(token) as never)
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .sign(privateKey),
    };
  },
  'an ID token that brings its own key': async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    return {
      forge: (token) =>
        new SignJWT(contentOf(token) as never)
          .setProtectedHeader({ alg: 'RS256', kid: 'one', jwk })
          .sign(privateKey),
    };
  },
  'no ID token': () => ({ forge: () => undefined }),
  'an ID token that is none': () => ({ forge: () => 'a.b.c' }),
  'another subject at userinfo': () => ({ userinfo: { sub: 'somebody-else' } }),
  'garbage at the token endpoint': () => ({ answers: { '/token': garbage } }),
  'garbage at userinfo': () => ({ answers: { '/userinfo': garbage } }),
  'an answer without end at the token endpoint': () => ({ answers: { '/token': endless } }),
  'an answer without end at userinfo': () => ({ answers: { '/userinfo': endless } }),
  'no answer at the token endpoint': () => ({ answers: { '/token': silence } }),
  'no answer at userinfo': () => ({ answers: { '/userinfo': silence } }),
  'a redirect from the token endpoint to itself': () => ({ answers: { '/token': loop } }),
  'a redirect from userinfo to itself': () => ({ answers: { '/userinfo': loop } }),
  'an error of the token endpoint': () => ({
    answers: {
      '/token': (_request, response) => sendJson(response, { error: 'invalid_grant' }, 400),
    },
  }),
  'an error page of a proxy': () => ({
    answers: {
      '/token': (_request, response) => void response.writeHead(502).end('<h1>Bad Gateway</h1>'),
    },
  }),
  'a response without a code': () => ({ callback: { code: undefined } }),
  'a response of another issuer (mix-up)': () => ({ callback: { iss: 'https://honest.example' } }),
  'a response without its issuer, which it says that it sends': () => ({
    callback: { iss: undefined },
  }),
  'an error with markup in it': () => ({
    callback: {
      code: undefined,
      error: 'server_error',
      error_description: '<script>alert(1)</script>',
    },
  }),
};

/** What a provider says of itself, and never takes back. */
const badMetadata: Record<string, Partial<Script> | ((trap: string) => Partial<Script>)> = {
  'a token endpoint in a private network': (trap) => ({
    metadata: { token_endpoint: `${trap}/token` },
  }),
  'keys in a private network': (trap) => ({ metadata: { jwks_uri: `${trap}/jwks` } }),
  'userinfo in a private network': (trap) => ({
    metadata: { userinfo_endpoint: `${trap}/userinfo` },
  }),
  'the metadata of another issuer': { metadata: { issuer: 'https://accounts.google.com' } },
  'metadata that are garbage': { answers: { '/.well-known/openid-configuration': garbage } },
  'metadata without end': { answers: { '/.well-known/openid-configuration': endless } },
  'no metadata, ever': { answers: { '/.well-known/openid-configuration': silence } },
  'metadata that redirect to themselves': {
    answers: { '/.well-known/openid-configuration': loop },
  },
  'an authorization endpoint that is a script': {
    metadata: { authorization_endpoint: 'javascript:alert(1)' },
  },
  'no authorization endpoint': { metadata: { authorization_endpoint: undefined } },
};

await eachEngine((stores) => {
  describe('a hostile provider', () => {
    let provider: ScriptedProvider;
    let trap: AnsweringServer;
    let server: TestServer;
    const others = new Map<string, ScriptedProvider>();
    const idOf = (index: number) => `bad-${index}`;

    before(async () => {
      const address = await reserveAddress();
      provider = await startScriptedProvider({ sub: 'mallory' });
      // On loopback, and not in outbound.allow.
      trap = await startAnsweringServer(
        (_request, response) => sendJson(response, {}),
        '127.0.0.2',
      );
      for (const [name, script] of Object.entries(badMetadata)) {
        const other = await startScriptedProvider({ sub: 'mallory' });
        other.script(typeof script === 'function' ? script(trap.url) : script);
        others.set(name, other);
      }
      const settingsOf = (id: string, { issuer, clientId, clientSecret }: ScriptedProvider) => ({
        ...{ id, issuer, client_id: clientId, client_secret: clientSecret, new_people: 'create' },
      });
      const settings = [...others.values()].map((other, index) => settingsOf(idOf(index), other));
      server = await startTestServer({
        ...{ store: await stores.freshUrl(), port: address.port },
        declaration: declarationWith([settingsOf('scripted', provider), ...settings]),
      });
    });
    beforeEach(() => provider.reset());
    after(async () => {
      await server.close();
      await Promise.all([provider, trap, ...others.values()].map((one) => one.close()));
      assert.deepEqual(failuresOf(server.logged()), []);
    });

    const signIn = (id: string) => {
      const app = createAppSession({ issuer: server.issuer, clientId: 'app', scope: 'openid' });
      const request = new URLSearchParams(app.request(randomId(32)));
      return signInWith(createUserAgent(), `${server.issuer}/authorize?${request}`, id);
    };

    const usersThere = async () => {
      const store = await openStore({ url: server.store });
      const { items } = await store.users.list({ limit: 50 });
      await store.close();
      return items.map(({ username }) => username);
    };

    /** All that has to hold of the page where a lie ends. */
    const requireRefused = async (begin: () => Promise<Page>): Promise<void> => {
      const before = await usersThere();
      const { url, status, html } = await begin();
      assert.ok(!url.startsWith(callbackUri), 'the app was told something');
      assert.ok(status < 500, String(status));
      assert.doesNotMatch(html, /<script>alert|node_modules|\bat .*\.ts:\d+|accounts\.google\.com/);
      const [, reference] = /<bdi class="mono">([^<]+)<\/bdi>/.exec(html) ?? [];
      assert.ok(reference, html);
      const { reason } = await refusalOnRecord(server.store, reference);
      assert.match(reason, /^provider_(failed|unavailable)$/);
      assert.deepEqual(await usersThere(), before);
    };

    for (const [name, lie] of Object.entries(lies)) {
      test(`is not believed: ${name}`, async () => {
        provider.script(await lie());
        await requireRefused(() => signIn('scripted'));
      });
    }

    for (const [index, name] of Object.keys(badMetadata).entries()) {
      test(`is not gone to: ${name}`, async () => {
        await requireRefused(() => signIn(idOf(index)));
        assert.deepEqual(trap.requests, []);
      });
    }

    test('has no account made with the address of somebody whose address only looks like it', async () => {
      // A ligature: the mailbox is another one, and the normal form is that of Fiona.
      const email = '\ufb01ona@mail.example';
      provider.script({ claims: { email, email_verified: true } });
      const { url } = await signIn('scripted');
      assert.ok(url.startsWith(callbackUri), url);
      const store = await openStore({ url: server.store });
      const fiona = await store.users.findByEmail('fiona@mail.example');
      const { items } = await store.users.list({ limit: 50 });
      await store.close();
      assert.equal(fiona, undefined);
      assert.deepEqual(
        items.map((user) => user.email),
        [undefined],
      );
    });

    test('that behaves signs the same person in: what was refused was the lie', async () => {
      const { url } = await signIn('scripted');
      assert.ok(url.startsWith(callbackUri), url);
      assert.equal((await usersThere()).length, 1);
    });
  });
});
