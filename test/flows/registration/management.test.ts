/** What a client that registered itself does with its record (RFC 7592). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, postForm } from '../../support/flows.ts';
import { introspect } from '../../support/holder.ts';
import { callback, metadata, secret } from './configuration.ts';
import { eachRegistrar, manage, send } from './registrar.ts';

await eachRegistrar((registrar) => {
  test('A client reads its own registration, and its secret never again', async () => {
    const { body: registered } = await registrar().register();
    const read = await manage('GET', registered);
    assert.equal(read.status, 200);
    assert.equal(read.body.client_id, registered.client_id);
    assert.equal(read.body.client_name, 'Registered');
    assert.equal(read.body.client_secret, undefined);
    const record = await registrar().store.clients.find(registered.client_id);
    const stored = JSON.stringify(record);
    assert.ok(!stored.includes(registered.client_secret));
    assert.ok(!JSON.stringify(read.body).includes(String(record?.secretHashes[0]?.hash)));
  });

  test('An update replaces the registration and its access token and keeps the secret', async () => {
    const { body: registered } = await registrar().register();
    const updated = await manage('PUT', registered, {
      client_id: registered.client_id,
      client_secret: registered.client_secret,
      client_name: 'Renamed',
      redirect_uris: [callback, `${callback}/second`],
      grant_types: ['authorization_code', 'client_credentials'],
      response_types: ['code'],
      scope: 'openid orders:read orders:write',
      consent: 'skip',
      require_pkce: false,
    });
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    assert.equal(updated.body.client_name, 'Renamed');
    assert.equal(updated.body.scope, 'openid orders:read');
    assert.equal(updated.body.client_secret, undefined);
    assert.notEqual(updated.body.registration_access_token, registered.registration_access_token);
    assert.equal((await manage('GET', registered)).status, 401);
    assert.equal((await manage('GET', { ...registered, ...updated.body })).status, 200);
    const record = await registrar().store.clients.find(registered.client_id);
    assert.equal(record?.metadata.consent, 'ask');
    assert.equal(record?.metadata.require_pkce, true);
    const { status } = await postForm(
      `${registrar().issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization: basic(registered.client_id, registered.client_secret) },
    );
    assert.equal(status, 200);
  });

  test('An invalid update changes nothing', async () => {
    const { body: registered } = await registrar().register();
    const before = await registrar().store.clients.find(registered.client_id);
    const own = { ...metadata, client_id: registered.client_id };
    const attempts = [
      { ...metadata },
      { ...own, client_id: 'declared' },
      { ...own, client_secret: 'x'.repeat(43) },
      { ...own, client_secret: '' },
      { ...own, client_secret: `hashed:${JSON.stringify(before?.secretHashes)}` },
      { ...own, client_secret: 5 },
      { ...own, registration_access_token: registered.registration_access_token },
      { ...own, client_id_issued_at: 1 },
      { ...own, redirect_uris: ['http://evil.example/'] },
      { ...own, redirect_uris: [] },
      '[]',
      '{',
    ];
    for (const attempt of attempts) {
      const { status } = await manage('PUT', registered, attempt);
      assert.equal(status, 400, JSON.stringify(attempt));
    }
    assert.deepEqual(await registrar().store.clients.find(registered.client_id), before);
    assert.equal((await manage('GET', registered)).status, 200);
  });

  test('A registration access token works for its own client only', async () => {
    const { body: one } = await registrar().register();
    const { body: other } = await registrar().register();
    const url = `${registrar().issuer}/register/declared`;
    for (const target of [other.registration_client_uri, url, `${registrar().issuer}/register/x`]) {
      const { body: attacker } = await registrar().register();
      const token = attacker.registration_access_token;
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { ...metadata, client_id: 'declared' } : undefined;
        const { status } = await send(method, target, token, body);
        assert.equal(status, 401, `${method} ${target}`);
      }
    }
    assert.equal((await manage('GET', one)).status, 200);
    assert.equal((await manage('GET', other)).status, 200);
    assert.ok(await registrar().store.clients.find('declared'));
    const initial = await send('GET', one.registration_client_uri, registrar().initialToken);
    assert.equal(initial.status, 401);
  });

  test('A client that deletes itself is gone, with its registration access token and its tokens', async () => {
    const { body: registered } = await registrar().register({
      ...metadata,
      grant_types: ['client_credentials'],
      response_types: [],
    });
    const authorization = basic(registered.client_id, registered.client_secret);
    const granted = await postForm(
      `${registrar().issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    assert.equal(granted.status, 200);
    const isActive = async () => {
      const caller = { clientId: 'declared', secret };
      const token = String(granted.body.access_token);
      return (await introspect(registrar().issuer, caller, token)).body.active;
    };
    assert.equal(await isActive(), true);
    assert.equal((await manage('DELETE', registered)).status, 204);
    assert.equal(await registrar().store.clients.find(registered.client_id), undefined);
    assert.equal((await manage('GET', registered)).status, 401);
    const again = await postForm(
      `${registrar().issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    assert.deepEqual([again.status, again.body.error], [401, 'invalid_client']);
    assert.equal(await isActive(), false);
    const marker = `client:${registered.client_id}`;
    const [found] = await registrar().store.revocations.find([marker], Date.now());
    assert.ok(found, 'whoever asks later finds that its tokens are revoked');
    assert.equal(found.work, undefined);
    const about = { type: 'revocation.client', clientId: registered.client_id, limit: 9 };
    const [event, ...others] = await registrar().store.audit.list(about);
    assert.deepEqual([event?.actor, event?.details?.client_blocks, others], [marker, 1, []]);
  });

  test('A client taken over by the operator may not delete itself and loses nothing by trying', async () => {
    const { body: registered } = await registrar().register();
    const { clients, revocations } = registrar().store;
    const record = await clients.find(registered.client_id);
    assert.ok(record);
    await clients.update({ ...record, source: 'operator', version: record.version + 1 });
    assert.equal((await manage('DELETE', registered)).status, 403);
    assert.ok(await clients.find(registered.client_id));
    assert.deepEqual(await revocations.find([`client:${registered.client_id}`], Date.now()), []);
  });
});
