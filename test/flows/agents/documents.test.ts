/** A client that nobody registered: its client id is the address of the document that describes it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { decodeJwt } from 'jose';
import { answerPage, walkToClient } from '../../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../../harness/user_agent.ts';
import { openStore } from '../../../src/storage/open.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { eachServer } from '../../support/flows.ts';
import { connect, redeem, refresh, requestOf } from './agent.ts';
import { declaration, tools } from './configuration.ts';
import { hosted, startDocumentSite } from './document_site.ts';

const site = await startDocumentSite();
after(() => site.close());
const [redirectUri = ''] = hosted.redirect_uris;

/** What `prompt=none` is told: `code`, or the error. */
async function silently(agent: UserAgent, request: string): Promise<string> {
  const { url } = await agent.open(`${request}&prompt=none`, { stopAt: redirectUri });
  const { searchParams } = new URL(url);
  return searchParams.has('code') ? 'code' : String(searchParams.get('error'));
}

let made = 0;
const freshPath = () => `/agents/${++made}`;

await eachServer({ declaration }, (server) => {
  const operator = async () => {
    const store = await openStore({ url: server().store });
    return { clients: clientsOn(store, declaration), [Symbol.asyncDispose]: () => store.close() };
  };
  test('A connector that nobody registered signs a person in and refreshes, and discovery says that it can', async () => {
    const clientId = site.serve(freshPath(), hosted);
    const { issuer } = server();
    const discovery = await fetch(`${issuer}/.well-known/oauth-authorization-server`);
    const facts = (await discovery.json()) as Record<string, unknown>;
    assert.equal(facts.client_id_metadata_document_supported, true);

    const tokens = await connect(issuer, { clientId, redirectUri });
    const claims = decodeJwt(tokens.access_token);
    assert.equal(claims.client_id, clientId);
    assert.deepEqual([claims.aud].flat().includes(tools), true);
    assert.match(String(claims.scope), /tools:read/);
    const refreshed = await refresh(issuer, clientId, tokens.refresh_token);
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
  });

  test('The consent page names the host of the document and the host that the answer goes to', async () => {
    const clientId = site.serve(freshPath(), hosted);
    const agent = createUserAgent();
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    const consent = await answerPage(agent, await agent.open(request), redirectUri);
    const facts = [...consent.html.matchAll(/<dd><bdi>([^<]*)/g)].map(([, text]) => text);
    assert.deepEqual(facts, [new URL(clientId).host, 'agent.example']);
    assert.doesNotMatch(consent.html, /class="notice/);
  });

  test('Consent for a program on this device comes with a warning, and its port does not matter', async () => {
    const local = { ...hosted, redirect_uris: ['http://localhost/callback'] };
    const clientId = site.serve(freshPath(), local);
    const agent = createUserAgent();
    const at = (port: number) => `http://localhost:${port}/callback`;
    const ask = (port: number) =>
      requestOf(server().issuer, { client_id: clientId, redirect_uri: at(port) });
    const consent = await answerPage(agent, await agent.open(ask(3118)), at(3118));
    assert.match(consent.html, /class="notice caution">[^<]*runs on your device/);
    await answerPage(agent, consent, at(3118));
    const again = await walkToClient(agent, `${ask(4242)}&prompt=none`, at(4242));
    assert.ok(again.searchParams.has('code'), again.href);
  });

  test('A document is fetched once while it is fresh, whoever asks and in whichever flow', async () => {
    const path = freshPath();
    const clientId = site.serve(path, hosted, { 'cache-control': 'max-age=3600' });
    await Promise.all([1, 2, 3].map(() => connect(server().issuer, { clientId, redirectUri })));
    assert.equal(site.fetched(path), 1);
    site.withdraw(path);
    await connect(server().issuer, { clientId, redirectUri });
    assert.equal(site.fetched(path), 1);
  });

  test('Consent is asked again when the document has another name, address, logo or redirect host', async () => {
    const base = { ...hosted, client_uri: 'https://agent.example' };
    for (const changes of [
      { client_name: 'The Bank' },
      { 'client_name#de': 'Die Bank' },
      { client_uri: 'https://other.example' },
      { logo_uri: 'https://agent.example/logo.png' },
    ]) {
      const path = freshPath();
      const clientId = site.serve(path, base);
      const agent = createUserAgent();
      await connect(server().issuer, { clientId, redirectUri }, { agent });
      const request = requestOf(server().issuer, {
        client_id: clientId,
        redirect_uri: redirectUri,
      });
      assert.equal(await silently(agent, request), 'code');
      site.serve(path, { ...base, ...changes });
      await using made = await operator();
      await made.clients.putDocument({
        ...{ clientId, metadata: { ...base, ...changes }, freshUntil: Date.now() + 60_000 },
        expiresAt: Date.now() + 60_000,
      });
      assert.equal(await silently(agent, request), 'consent_required', JSON.stringify(changes));
    }
  });

  test('An operator can disable such a client: its tokens end, and its document does not bring it back', async () => {
    const clientId = site.serve(freshPath(), hosted);
    const tokens = await connect(server().issuer, { clientId, redirectUri });
    await using made = await operator();
    await made.clients.disable(clientId);
    const refused = await refresh(server().issuer, clientId, tokens.refresh_token);
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client']);
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    assert.equal((await createUserAgent().open(request)).status, 400);
  });

  test('A client that nobody granted anything is on record for two hours, and without an audit event', async () => {
    const path = freshPath();
    const clientId = site.serve(path, hosted);
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    const agent = createUserAgent();
    const page = await agent.open(request);
    await using made = await operator();
    const before = await made.clients.find(clientId);
    assert.equal(before?.source, 'document');
    assert.ok(Number(before?.expiresAt) <= Date.now() + 2 * 3_600_000);
    await answerPage(agent, await answerPage(agent, page, redirectUri), redirectUri);
    assert.equal((await made.clients.find(clientId))?.expiresAt, undefined);
  });

  test('A code for a redirect URI that the document has lost is not redeemed', async () => {
    const path = freshPath();
    const clientId = site.serve(path, hosted);
    const request = requestOf(server().issuer, { client_id: clientId, redirect_uri: redirectUri });
    const callback = await walkToClient(createUserAgent(), request, redirectUri);
    await using made = await operator();
    const metadata = { ...hosted, redirect_uris: ['https://other.example/callback'] };
    const later = Date.now() + 60_000;
    await made.clients.putDocument({ clientId, metadata, freshUntil: later, expiresAt: later });
    const code = String(callback.searchParams.get('code'));
    const answer = await redeem(server().issuer, { clientId, redirectUri, code });
    assert.equal(answer.body.error, 'invalid_grant');
  });
});
