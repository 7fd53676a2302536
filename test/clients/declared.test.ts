import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClients } from '../../src/clients/service.ts';
import { clientSchema } from '../../src/config/schema/client_metadata.ts';
import type { Store } from '../../src/storage/store.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import {
  createAuditTrail,
  createMovableClock,
  openTestStore,
  openTestStores,
} from '../support/rooms.ts';

const declaredSecret = 'declared-secret-of-more-than-32-characters';

function roomOn(store: Store) {
  const audit = createAuditTrail();
  const clock = createMovableClock();
  const { announce, killSwitches } = killSwitchesOn(store, { declared: {}, audit, clock });
  const room = { store: store.clients, announce, killSwitches, clock, audit };
  return { clients: createClients(room), audit, clock };
}

function declared(client: Record<string, unknown> = {}) {
  return clientSchema.parse({
    client_id: 'billing-job',
    client_secret: declaredSecret,
    grant_types: ['client_credentials'],
    scope: 'orders:read',
    ...client,
  });
}

describe('Declared clients', () => {
  test('A declared client is created once and left alone while nothing changes', async (t) => {
    const { clients, audit } = roomOn(await openTestStore(t));
    const jwks = { keys: [{ kty: 'RSA', n: 'n', e: 'AQAB' }] };
    assert.deepEqual((await clients.applyDeclared([declared({ jwks })])).created, ['billing-job']);
    const before = await clients.find('billing-job');
    const { client_id, ...rest } = declared({
      jwks: { keys: [{ e: 'AQAB', n: 'n', kty: 'RSA' }] },
    });
    const reordered = { ...rest, client_id };
    assert.deepEqual((await clients.applyDeclared([reordered])).unchanged, ['billing-job']);
    assert.deepEqual(await clients.find('billing-job'), before);
    assert.deepEqual(audit.types(), ['client.created']);
  });

  test("A declared client's secret is stored only as a hash", async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.applyDeclared([declared()]);
    const record = await clients.find('billing-job');
    assert.ok(!JSON.stringify(record).includes(declaredSecret));
    assert.equal(record?.metadata.client_id, undefined);
    assert.ok(clients.matchingSecret(record?.secretHashes ?? [], declaredSecret));
  });

  test('The declarative file overrides stored values, except that a disabled client stays disabled', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.create({ clientId: 'billing-job', metadata: { scope: 'orders:write' } });
    await clients.disable('billing-job');
    assert.deepEqual((await clients.applyDeclared([declared()])).updated, ['billing-job']);
    const record = await clients.find('billing-job');
    assert.deepEqual([record?.source, record?.metadata.scope], ['file', 'orders:read']);
    assert.ok(record?.disabledAt);
    await clients.update('billing-job', { scope: 'orders:read orders:write', contacts: ['x'] });
    await clients.applyDeclared([declared()]);
    assert.deepEqual((await clients.find('billing-job'))?.metadata, record?.metadata);
  });

  test('Clients not in the declarative file are left alone', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record } = await clients.create({ clientId: 'other', metadata: {} });
    await clients.applyDeclared([declared()]);
    await clients.applyDeclared([]);
    assert.deepEqual(await clients.find('other'), record);
    assert.ok(await clients.find('billing-job'));
  });

  test('A new secret in the file replaces the stored one, and a public client has none', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.applyDeclared([declared()]);
    await clients.applyDeclared([declared({ client_secret: 'n'.repeat(40) })]);
    const hashes = (await clients.find('billing-job'))?.secretHashes ?? [];
    assert.equal(clients.matchingSecret(hashes, declaredSecret), undefined);
    assert.ok(clients.matchingSecret(hashes, 'n'.repeat(40)));
    const asPublic = { client_secret: undefined, token_endpoint_auth_method: 'none' };
    await clients.applyDeclared([declared(asPublic)]);
    assert.deepEqual((await clients.find('billing-job'))?.secretHashes, []);
  });

  test('A rotated-away secret does not come back with a restart', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.applyDeclared([declared()]);
    const { secret = '' } = await clients.rotateSecret('billing-job', { overlapSeconds: 0 });
    const result = await clients.applyDeclared([declared({ scope: 'orders:write' })]);
    assert.deepEqual(result.updated, ['billing-job']);
    assert.deepEqual(result.retiredSecret, ['billing-job']);
    const record = await clients.find('billing-job');
    assert.equal(record?.metadata.scope, 'orders:write');
    assert.equal(clients.matchingSecret(record?.secretHashes ?? [], declaredSecret), undefined);
    assert.ok(clients.matchingSecret(record?.secretHashes ?? [], secret));
    const corrected = await clients.applyDeclared([declared({ client_secret: secret })]);
    assert.deepEqual(corrected.retiredSecret, []);
  });

  test('Several processes that start at once agree on the declared clients', async (t) => {
    const rooms = (await openTestStores(t, 4)).map((store) => roomOn(store));
    const file = [declared(), declared({ client_id: 'other-job' })];
    const results = await Promise.all(rooms.map(({ clients }) => clients.applyDeclared(file)));
    assert.equal(results.flatMap(({ created }) => created).length, 2);
    assert.deepEqual(
      (await rooms[0]?.clients.list({ limit: 9 }))?.items.map((one) => [one.clientId, one.version]),
      [
        ['billing-job', 1],
        ['other-job', 1],
      ],
    );
    const changed = [declared({ scope: 'orders:write' })];
    await Promise.all(rooms.map(({ clients }) => clients.applyDeclared(changed)));
    assert.equal((await rooms[0]?.clients.find('billing-job'))?.version, 2);
  });
});

describe('Clients that every server has', () => {
  const metadata = { client_name: 'Console' };
  const [older, newer] = ['o'.repeat(43), 'n'.repeat(43)];
  const holds = async (clients: ReturnType<typeof createClients>, secret: string) => {
    const record = await clients.get('cardea-console');
    return clients.matchingSecret(record.secretHashes, secret) !== undefined;
  };

  test('Such a client is made once and left alone while nothing changes', async (t) => {
    const { clients, audit, clock } = roomOn(await openTestStore(t));
    const client = { clientId: 'cardea-console', metadata, secrets: [older] as [string] };
    await Promise.all([clients.applyBuiltIn(client), clients.applyBuiltIn(client)]);
    const before = await clients.get('cardea-console');
    clock.advance(1000);
    await clients.applyBuiltIn(client);
    assert.deepEqual(await clients.get('cardea-console'), before);
    assert.deepEqual(audit.types(), ['client.created']);
  });

  test('While master secrets rotate, nodes with the old one and nodes with both are let in', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const client = { clientId: 'cardea-console', metadata };
    await clients.applyBuiltIn({ ...client, secrets: [older] });
    await clients.applyBuiltIn({ ...client, secrets: [newer, older] });
    assert.deepEqual([await holds(clients, older), await holds(clients, newer)], [true, true]);
    await clients.applyBuiltIn({ ...client, secrets: [newer] });
    assert.deepEqual([await holds(clients, older), await holds(clients, newer)], [false, true]);
  });

  test('What somebody changed of it is put right at the next start, and disabled it stays', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const client = { clientId: 'cardea-console', metadata, secrets: [older] as [string] };
    await clients.applyBuiltIn(client);
    await clients.update('cardea-console', { redirect_uris: ['https://evil.example/'] });
    await clients.disable('cardea-console');
    await clients.applyBuiltIn(client);
    const record = await clients.get('cardea-console');
    assert.deepEqual(record.metadata, metadata);
    assert.ok(record.disabledAt);
  });
});
