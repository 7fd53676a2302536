/** Refusals that are about the client itself: which it was, and why it was not taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../../src/storage/open.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { requestAuthorization, sqliteServer } from '../../support/flows.ts';
import { declaration } from '../agents/configuration.ts';
import { refusalOnRecord } from './on_record.ts';

const redirectUri = 'https://shop.example/callback';
const client = {
  ...{ client_id: 'shop', token_endpoint_auth_method: 'none', redirect_uris: [redirectUri] },
  scope: 'openid',
};
const opened = {
  ...declaration,
  clients: [...declaration.clients, client],
  client_id_metadata: { ...declaration.client_id_metadata, domains: ['claude.ai'] },
};

sqliteServer({ declaration: opened }, (server) => {
  /** The log line of the refusal of a sign-in by this client. */
  const refusalOf = async (clientId: string) => {
    await requestAuthorization(server().issuer, {
      ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code' },
      ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
    });
    const lines = server().logged().trim().split('\n');
    return JSON.parse(lines.findLast((line) => line.includes('"route":"authorization"')) ?? '{}');
  };
  const recordOf = async (reference: string) =>
    (await refusalOnRecord(server().store, reference)).details;

  test('A client that an operator has disabled is refused as disabled, by its name', async () => {
    const store = await openStore({ url: server().store });
    await clientsOn(store, opened).disable('shop');
    await store.close();
    const { reason, request_id: reference } = await refusalOf('shop');
    assert.equal(reason, 'client_disabled');
    assert.equal((await recordOf(reference)).known_client, 'shop');
  });

  test('A document that is not taken is on record by its address, without what stands behind its path', async () => {
    const { reason, request_id: reference } = await refusalOf('https://evil.example/doc?x=secret');
    assert.equal(reason, 'client_document_not_taken');
    assert.equal((await recordOf(reference)).client_document, 'https://evil.example/doc');
  });
});
