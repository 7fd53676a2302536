/** A document that a stranger names makes Cardea call nothing inside, and makes nobody of another name a client. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { answerPage } from '../../harness/sign_in.ts';
import { createUserAgent } from '../../harness/user_agent.ts';
import { isTakenDocument } from '../../src/oidc/clients/documents/document_urls.ts';
import { requestOf } from '../flows/agents/agent.ts';
import { declaration } from '../flows/agents/configuration.ts';
import { hosted, startDocumentSite } from '../flows/agents/document_site.ts';
import { postForm, requestAuthorization, sqliteServer } from '../support/flows.ts';
import { createListener } from './listener.ts';
import { ask, redirectUri, withStore } from './unvouched_clients.ts';

const site = await startDocumentSite();
const inside = await createListener({});
const closed = await createListener({});
await closed.close();
after(() => Promise.all([site.close(), inside.close()]));

describe('Hosts whose documents are taken', () => {
  const policy = { enabled: true, domains: ['claude.ai', '*.example.com'] };
  for (const clientId of [
    'https://claude.ai./x',
    'https://evilclaude.ai/x',
    'https://claude.ai.evil.example/x',
    'https://claude.ai%2eevil.example/x',
    'https://claude.ai@evil.example/x',
    'https://evil.example\\@claude.ai/x',
    'https://evil.example#@claude.ai/x',
    'https://evil.example?@claude.ai/x',
    'https://example.com/x',
    'https://evilexample.com/x',
    'https://example.com.evil.example/x',
    'http://claude.ai/x',
    'https://claude.ai/a/%2e%2E/x',
  ]) {
    test(`${clientId} is none of them`, () => {
      assert.equal(isTakenDocument(clientId, policy), false);
    });
  }
});

const guarded = {
  ...declaration,
  // What the operator's own clients may reach is not for strangers.
  outbound: { ...declaration.outbound, allow: ['127.0.0.0/8', '::1/128'], allow_registered: [] },
};

sqliteServer({ declaration: guarded }, (server) => {
  const answerTo = async (clientId: string) => {
    const { status, html } = await requestAuthorization(server().issuer, {
      ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code' },
    });
    return { status, says: /cannot be used: ([^<\n]*)/.exec(html)?.[1] };
  };

  test('No spelling of an address inside is called, and a closed port there looks like an open one', async () => {
    const said = new Set<string | undefined>();
    for (const host of [
      ...['127.0.0.1', 'localhost', 'localhost.', '2130706433', '0x7f.1', '127.1', '0'],
      ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '１２７.0.0.1', '169.254.169.254'],
    ])
      for (const { port } of [inside, closed]) {
        const { status, says } = await answerTo(`https://${host}:${port}/agent`);
        assert.equal(status, 400, host);
        said.add(says);
      }
    assert.equal(inside.connections(), 0);
    assert.equal(said.size, 1, [...said].join());
  });
});

sqliteServer({ declaration }, (server) => {
  test('Another spelling of the address of a document is not that client', async () => {
    const clientId = site.serve('/agent', hosted);
    assert.equal((await ask(server().issuer, { client_id: clientId })).status, 303);
    const { host } = new URL(clientId);
    for (const other of [
      ...[`HTTPS://${host}/agent`, `https://LOCALHOST:${new URL(clientId).port}/agent`],
      ...[`${clientId}/`, `${clientId}?`, `${clientId}?x`, `${clientId}#`, `${clientId}%20`],
      ...[`https://${host}//agent`, `https://${host}/./agent`, `https://${host}/%61gent`],
      ...[`https://user@${host}/agent`, ` ${clientId}`, `${clientId}\n`],
    ]) {
      const { status } = await ask(server().issuer, { client_id: other });
      assert.equal(status, 400, other);
      assert.equal(await withStore(server().store, (s) => s.clients.find(other)), undefined);
    }
  });

  test('Nothing but a sign-in makes Cardea fetch a document', async () => {
    const clientId = site.serve('/elsewhere', hosted);
    const { issuer } = server();
    for (const [path, fields] of [
      ['token', { grant_type: 'authorization_code', code: 'x' }],
      ['token', { grant_type: 'refresh_token', refresh_token: 'x' }],
      ['token', { grant_type: 'client_credentials' }],
      ['introspect', { token: 'x' }],
      ['revoke', { token: 'x' }],
      ['device_authorization', { scope: 'openid' }],
    ] as [string, Record<string, string>][])
      await postForm(`${issuer}/${path}`, { ...fields, client_id: clientId });
    await createUserAgent().open(`${issuer}/logout?client_id=${encodeURIComponent(clientId)}`);
    assert.equal(site.fetched('/elsewhere'), 0);
  });

  test('Without a grant type that needs no person, a document gets no token for itself', async () => {
    const clientId = site.serve('/greedy', {
      ...{ ...hosted, grant_types: [...hosted.grant_types, 'client_credentials'] },
    });
    await ask(server().issuer, { client_id: clientId });
    for (const grant_type of [
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]) {
      const { status, body } = await postForm(`${server().issuer}/token`, {
        ...{ grant_type, client_id: clientId, subject_token: 'x', device_code: 'x' },
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      });
      assert.ok(status >= 400 && body.access_token === undefined, grant_type);
    }
  });

  test('A name that is a piece of a page is text on the page, and whoever denies keeps no client', async () => {
    const name = '<img src=x onerror=alert(1)>"\u202Egnp\n\nfoo';
    const clientId = site.serve('/hostile', { ...hosted, client_name: name });
    const agent = createUserAgent();
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    const consent = await answerPage(agent, await agent.open(request), redirectUri);
    assert.doesNotMatch(consent.html, /<img src=x|\u202E/);
    await answerPage(agent, consent, redirectUri, { deny: true });
    const record = await withStore(server().store, (store) => store.clients.find(clientId));
    assert.notEqual(record?.expiresAt, undefined);
  });

  test('What was shown is what is agreed to, though the document changes while the person reads', async () => {
    const clientId = site.serve('/changing', hosted);
    const agent = createUserAgent();
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    const consent = await answerPage(agent, await agent.open(request), redirectUri);
    await withStore(server().store, async (store) => {
      const record = await store.clients.find(clientId);
      assert.ok(record);
      const metadata = { ...record.metadata, client_name: 'The Bank' };
      await store.clients.update({ ...record, metadata, version: record.version + 1 });
    });
    const again = await answerPage(agent, consent, redirectUri);
    assert.match(again.html, /\/consent"/);
  });
});
