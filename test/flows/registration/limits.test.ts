/** What a client that registers itself may have at most: what the operator allows all of them, and then this one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsOn } from '../../support/clients_operator.ts';
import { basic, postForm } from '../../support/flows.ts';
import { callback, declaration, metadata, orders } from './configuration.ts';
import { eachRegistrar, manage, type Registered, type Registrar } from './registrar.ts';

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const operatorOf = ({ store }: Registrar) => clientsOn(store, declaration);

const tokenFor = ({ issuer }: Registrar, { client_id, client_secret }: Registered, fields = {}) =>
  postForm(
    `${issuer}/token`,
    { grant_type: 'client_credentials', ...fields },
    { authorization: basic(client_id, client_secret) },
  );

await eachRegistrar(
  (registrar) => {
    test('A registered client gets no token without a user unless the operator allows it', async () => {
      for (const type of ['client_credentials', exchangeGrant, deviceGrant, 'implicit']) {
        const grant_types = ['authorization_code', type];
        const { status, body } = await registrar().register({ ...metadata, grant_types });
        assert.deepEqual([status, body.error], [400, 'invalid_client_metadata'], type);
      }
      const { body: client } = await registrar().register(metadata);
      const own = { ...metadata, client_id: client.client_id };
      const update = { ...own, grant_types: ['authorization_code', 'client_credentials'] };
      assert.equal((await manage('PUT', client, update)).status, 400);
      assert.equal((await tokenFor(registrar(), client)).body.error, 'unauthorized_client');
    });

    test('A client that registered for more in the past has only what is allowed today', async () => {
      const { body: client } = await registrar().register(metadata);
      const { clients } = registrar().store;
      const record = await clients.find(client.client_id);
      assert.ok(record);
      const before = {
        ...record.metadata,
        grant_types: ['authorization_code', 'client_credentials'],
        scope: 'openid orders:read orders:write',
      };
      await clients.update({ ...record, metadata: before, version: record.version + 1 });
      const refused = await tokenFor(registrar(), client);
      assert.equal(refused.body.error, 'unauthorized_client');
      const read = await manage('GET', client);
      assert.deepEqual(read.body.grant_types, ['authorization_code']);
      assert.equal(read.body.scope, 'openid orders:read');
    });

    test('The operator can give one registered client more than the others', async () => {
      const { body: client } = await registrar().register(metadata);
      const operator = operatorOf(registrar());
      await operator.update(client.client_id, {
        grant_types: ['authorization_code', 'client_credentials'],
      });
      assert.equal((await tokenFor(registrar(), client)).status, 200);
      const update = {
        ...{ ...metadata, client_id: client.client_id, client_name: 'Renamed' },
        grant_types: ['authorization_code', 'client_credentials'],
      };
      assert.equal((await manage('PUT', client, update)).status, 200);
      assert.equal((await tokenFor(registrar(), client)).status, 200);
      // Lifted, what all others may have holds again.
      await operator.update(client.client_id, { grant_types: null });
      assert.equal((await tokenFor(registrar(), client)).body.error, 'unauthorized_client');
    });
  },
  { grant_types: undefined },
);

await eachRegistrar((registrar) => {
  test("A client's own update does not restore what the operator took away", async () => {
    const wanted = {
      ...metadata,
      redirect_uris: [callback, `${callback}/second`],
      grant_types: ['authorization_code', 'client_credentials'],
      scope: 'openid email orders:read',
    };
    const { body: client } = await registrar().register(wanted);
    assert.equal((await tokenFor(registrar(), client)).body.scope, 'orders:read');
    const operator = operatorOf(registrar());
    await operator.update(client.client_id, { scope: 'openid', redirect_uris: [callback] });
    assert.equal((await tokenFor(registrar(), client)).body.scope, undefined);
    await operator.update(client.client_id, { grant_types: ['authorization_code'] });
    const own = { ...wanted, client_id: client.client_id };
    const updated = await manage('PUT', client, own);
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    const { scope, grant_types, redirect_uris, ...others } = updated.body;
    assert.deepEqual([scope, grant_types], ['openid', ['authorization_code']]);
    assert.deepEqual(redirect_uris, [callback]);
    for (const member of ['bounds', 'apis', 'allowed_scope']) assert.ok(!(member in others));
    assert.equal((await tokenFor(registrar(), client)).body.error, 'unauthorized_client');
    const asked = await fetch(
      `${registrar().issuer}/authorize?${new URLSearchParams({
        ...{ client_id: client.client_id, response_type: 'code', scope: 'openid' },
        redirect_uri: `${callback}/second`,
      })}`,
      { redirect: 'manual' },
    );
    assert.equal(asked.status, 400);
    const kept = { ...client, ...updated.body };
    assert.equal((await manage('GET', kept)).body.scope, 'openid');
    const elsewhere = { ...own, redirect_uris: [`${callback}/third`] };
    const nowhere = await manage('PUT', kept, elsewhere);
    assert.deepEqual([nowhere.status, nowhere.body.error], [400, 'invalid_redirect_uri']);
    // Both stay on record: what it asked for, and what it is allowed.
    const record = await registrar().store.clients.find(client.client_id);
    assert.equal(record?.metadata.scope, 'openid email orders:read');
    assert.deepEqual(record?.bounds, {
      ...{ scope: 'openid', redirect_uris: [callback] },
      grant_types: ['authorization_code'],
    });
    await operator.update(client.client_id, { scope: null });
    assert.equal((await manage('GET', kept)).body.scope, 'openid email orders:read');
  });

  test('The operator, not the client, decides which redirect URIs skip consent', async () => {
    const { body: client } = await registrar().register(metadata);
    const operator = operatorOf(registrar());
    const code = 'invalid_client_metadata';
    await assert.rejects(operator.update(client.client_id, { consent: 'skip' }), { code });
    const policy = { consent: 'skip', redirect_uris: metadata.redirect_uris };
    await operator.update(client.client_id, policy);
    await assert.rejects(operator.update(client.client_id, { redirect_uris: null }), { code });
    const evil = 'https://evil.example/cb';
    const redirect_uris = [...metadata.redirect_uris, evil];
    const updated = await manage('PUT', client, {
      ...{ ...metadata, redirect_uris, client_id: client.client_id },
    });
    assert.deepEqual(updated.body.redirect_uris, metadata.redirect_uris);
  });

  test('A client that registered itself never administers Cardea, whatever an operator or the store says', async () => {
    const { body: client } = await registrar().register({
      ...{ ...metadata, grant_types: ['authorization_code', 'client_credentials'] },
    });
    const operator = operatorOf(registrar());
    for (const apis of [['urn:cardea:admin'], [orders, 'urn:cardea:admin/']]) {
      await assert.rejects(operator.update(client.client_id, { apis, scope: 'users:read' }), {
        code: 'invalid_client_metadata',
        message: /says itself what it is/,
      });
    }
    const { clients } = registrar().store;
    const record = await clients.find(client.client_id);
    assert.ok(record);
    const given = { apis: [orders, 'urn:cardea:admin'], scope: 'orders:read users:read' };
    const stored = { ...record, metadata: { ...record.metadata, ...given }, bounds: given };
    await clients.update({ ...stored, version: record.version + 1 });
    const resource = 'urn:cardea:admin';
    const refused = await tokenFor(registrar(), client, { resource, scope: 'users:read' });
    assert.equal(refused.body.error, 'invalid_target');
  });

  test("The operator can change a registered client's APIs, name and consent policy, and mistakes are refused", async () => {
    const { body: client } = await registrar().register({
      ...{ ...metadata, grant_types: ['authorization_code', 'client_credentials'] },
    });
    const operator = operatorOf(registrar());
    const policy = { consent: 'skip', redirect_uris: metadata.redirect_uris };
    await operator.update(client.client_id, { apis: [], client_name: 'Known as', ...policy });
    const answer = await tokenFor(registrar(), client, { resource: orders });
    assert.equal(answer.body.error, 'invalid_target');
    const own = { ...metadata, client_id: client.client_id, client_name: 'The Bank' };
    const updated = await manage('PUT', client, own);
    assert.equal(updated.body.client_name, 'Known as');
    assert.equal(updated.body.consent, undefined);
    for (const mistake of [{ scope: 'nope' }, { grant_types: ['nope'] }, { nope: 1 }]) {
      await assert.rejects(operator.update(client.client_id, mistake), /./);
    }
  });
});
