/** What an operator has decided about a client that nobody vouched for holds, whatever strangers do before or after. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { ClientRecord } from '../../src/storage/clients.ts';
import { connect } from '../flows/agents/agent.ts';
import { declaration, scope, tools } from '../flows/agents/configuration.ts';
import { hosted, startDocumentSite } from '../flows/agents/document_site.ts';
import { clientsOn } from '../support/clients_operator.ts';
import { createMovableClock } from '../support/rooms.ts';
import { startTestServer } from '../support/server.ts';
import { eachEngine } from '../support/stores.ts';
import { ask, isActive, redirectUri, withStore } from './unvouched_clients.ts';

const site = await startDocumentSite();
after(() => site.close());
const twoHours = 2 * 3_600_000 + 1000;
let count = 0;

await eachEngine((stores) => {
  const started = async (t: TestContext, declared: object = declaration) => {
    const clock = createMovableClock(Date.now());
    const store = await stores.freshUrl();
    const server = await startTestServer({ declaration: declared, clock, store });
    t.after(() => server.close());
    return { ...server, clock };
  };
  /** As the purge of a node does, some time later. */
  const purge = (url: string, now: number) =>
    withStore(url, (store) => store.purge({ now, limit: 1000, auditBefore: 0 }));
  const recordOf = (url: string, clientId: string): Promise<ClientRecord | undefined> =>
    withStore(url, (store) => store.clients.find(clientId));

  test('A client that was disabled before anybody granted it anything does not come back by itself', async (t) => {
    const { issuer, store, clock } = await started(t);
    const clientId = site.serve(`/power/${++count}`, hosted);
    assert.equal((await ask(issuer, { client_id: clientId })).status, 303);
    await withStore(store, (made) => clientsOn(made, declaration).disable(clientId));
    assert.equal((await ask(issuer, { client_id: clientId })).status, 400);
    clock.advance(twoHours);
    await purge(store, clock.now());
    assert.equal((await ask(issuer, { client_id: clientId })).status, 400);
  });

  test('A client that the file declares stays, though a stranger had brought its document here before', async (t) => {
    const { issuer, store, clock } = await started(t);
    const clientId = site.serve(`/power/${++count}`, { ...hosted, client_name: 'Of its document' });
    await ask(issuer, { client_id: clientId });
    const own = { client_id: clientId, client_name: 'Declared', redirect_uris: [redirectUri] };
    const declared = {
      ...declaration,
      clients: [...declaration.clients, { ...own, token_endpoint_auth_method: 'none' }],
    };
    const second = await startTestServer({ declaration: declared, clock, store, issuer });
    t.after(() => second.close());
    clock.advance(twoHours);
    await purge(store, clock.now());
    await ask(second.url, { client_id: clientId });
    const record = await recordOf(store, clientId);
    assert.deepEqual([record?.source, record?.metadata.client_name], ['file', 'Declared']);
  });

  test('Tokens of a client that an operator had bounded end, too, when its host is not taken any more', async (t) => {
    const { issuer, store } = await started(t);
    const clientId = site.serve(`/power/${++count}`, hosted);
    const tokens = await connect(issuer, { clientId, redirectUri });
    await withStore(store, async (made) => {
      await clientsOn(made, declaration).update(clientId, { apis: [tools], scope });
    });
    assert.equal(await isActive(issuer, tokens.access_token), true);
    const closed = {
      ...declaration,
      client_id_metadata: { ...declaration.client_id_metadata, domains: ['other.example'] },
    };
    const second = await startTestServer({ declaration: closed, store, issuer });
    t.after(() => second.close());
    assert.equal(await isActive(second.url, tokens.access_token), false);
  });

  test('An operator can register a client of an id whose document a stranger has brought here', async (t) => {
    const { issuer, store } = await started(t);
    const clientId = site.serve(`/power/${++count}`, hosted);
    await ask(issuer, { client_id: clientId });
    const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' };
    await withStore(store, async (made) => {
      await clientsOn(made, declaration).create({ clientId, metadata });
    });
    const record = await recordOf(store, clientId);
    assert.equal(record?.source, 'operator');
  });
});
