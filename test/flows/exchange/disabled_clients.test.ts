/**
 * A client that is disabled after it was seen to be enabled, and before it has its token: its keys, which are fetched
 * then, take that long to arrive.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Clients } from '../../../src/clients/room.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { basic, eachServer, postForm } from '../../support/flows.ts';
import {
  exchangeGrant,
  notes,
  declaration as ofExchanges,
  orders,
  secret,
} from './configuration.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwks = JSON.stringify({ keys: [await exportJWK(publicKey)] });

/** Run when keys are fetched, ahead of the answer. */
let meanwhile = async (): Promise<void> => {};
const site = createServer(async (_request, response) => {
  await meanwhile();
  response.writeHead(200, { 'content-type': 'application/json' }).end(jwks);
});
site.listen(0, '127.0.0.1');
await once(site, 'listening');
after(() => site.close());

const slow = {
  token_endpoint_auth_method: 'private_key_jwt',
  jwks_uri: `http://127.0.0.1:${(site.address() as AddressInfo).port}/jwks.json`,
  grant_types: ['client_credentials', exchangeGrant],
  scope: 'orders:read notes:read',
  apis: [orders, notes],
};
const [ordersApi, ...otherApis] = ofExchanges.apis;
const declaration = {
  ...ofExchanges,
  apis: [{ ...ordersApi, client_id: 'slow-exchanger' }, ...otherApis],
  clients: [
    ...ofExchanges.clients,
    ...['slow-exchanger', 'slow-job'].map((client_id) => ({ client_id, ...slow })),
  ],
  outbound: { allow: ['127.0.0.1/32'] },
};

await eachServer({ declaration }, (server) => {
  let store: Store;
  let clients: Clients;
  before(async () => {
    store = await openStore({ url: server().store });
    clients = clientsOn(store, declaration);
  });
  after(() => store.close());

  const ask = (path: string, fields: Record<string, string>, clientId: string) =>
    postForm(`${server().issuer}${path}`, fields, { authorization: basic(clientId, secret) });

  /** What the client is answered; it is enabled again by then. */
  const askWhileDisabled = async (clientId: string, fields: Record<string, string>) => {
    const { issuer } = server();
    const assertion = await new SignJWT({ iss: clientId, sub: clientId, aud: issuer, jti: 'one' })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1m')
      .sign(privateKey);
    meanwhile = () => clients.disable(clientId);
    const answer = await postForm(`${issuer}/token`, {
      ...{ ...fields, client_assertion: assertion },
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    await clients.enable(clientId);
    return answer;
  };

  describe('A client that is disabled while its request is under way', () => {
    test('gets no opaque token that lives once it is enabled again', async () => {
      const fields = { grant_type: 'client_credentials', resource: notes };
      const { body } = await askWhileDisabled('slow-job', fields);
      const token = String(body.access_token);
      const { body: told } = await ask('/introspect', { token }, 'notes-api');
      assert.deepEqual(told, { active: false });
    });

    test('gets no token in exchange for another', async () => {
      const subject = { grant_type: 'client_credentials', resource: orders };
      const { body: own } = await ask('/token', subject, 'orders-job');
      const { status, body } = await askWhileDisabled('slow-exchanger', {
        grant_type: exchangeGrant,
        subject_token: String(own.access_token),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      });
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
    });
  });
});
