import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClients } from '../../src/clients/service.ts';
import { createClientUsesRecorder } from '../../src/clients/uses.ts';
import { sha256 } from '../../src/digests.ts';
import type { ClientRecord } from '../../src/storage/clients.ts';
import type { Store } from '../../src/storage/store.ts';
import { killSwitchesOn } from '../support/kill_switches.ts';
import {
  createAuditTrail,
  createMovableClock,
  openTestStore,
  openTestStores,
} from '../support/rooms.ts';

const job = { grant_types: ['client_credentials'], apis: ['https://orders.example'] };
const by = { actor: 'operator' };

function roomOn(store: Store) {
  const audit = createAuditTrail();
  const clock = createMovableClock();
  const { announce, killSwitches } = killSwitchesOn(store, { declared: {}, audit, clock });
  const room = { store: store.clients, announce, killSwitches, clock, audit };
  return { clients: createClients(room), audit, clock };
}

describe('Client secrets', () => {
  test('A client secret has 256 bits, is shown once and is stored only as a hash', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record, secret } = await clients.create({ metadata: job });
    assert.equal(Buffer.from(secret ?? '', 'base64url').length, 32);
    const stored = await clients.find(record.clientId);
    assert.deepEqual(
      stored?.secretHashes.map(({ hash }) => hash),
      [sha256(secret ?? '')],
    );
    assert.ok(!JSON.stringify(stored).includes(secret ?? ''));
  });

  test('Only a client that authenticates with a secret gets one', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    for (const [method, expected] of [
      ['none', false],
      ['private_key_jwt', false],
      ['client_secret_post', true],
      ['client_secret_basic', true],
    ] as const) {
      const metadata = { ...job, token_endpoint_auth_method: method };
      const { record, secret } = await clients.create({ metadata });
      assert.deepEqual(
        [secret !== undefined, record.secretHashes.length === 1],
        [expected, expected],
      );
    }
  });

  test('A client secret verifies until it expires, and no other text does', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record, secret = '' } = await clients.create({ metadata: job });
    assert.ok(clients.matchingSecret(record.secretHashes, secret));
    for (const wrong of ['', secret.slice(1), `${secret}x`, sha256(secret)]) {
      assert.equal(clients.matchingSecret(record.secretHashes, wrong), undefined);
    }
    assert.equal(clients.matchingSecret([], secret), undefined);
    assert.equal(clients.matchingSecret([], ''), undefined);
  });

  test('After rotation the old client secret works during the overlap, and at most two work at once', async (t) => {
    const { clients, clock } = roomOn(await openTestStore(t));
    const first = await clients.create({ metadata: job });
    const { clientId } = first.record;
    const second = await clients.rotateSecret(clientId, { overlapSeconds: 3600 });
    const third = await clients.rotateSecret(clientId, { overlapSeconds: 60 });
    const works = (record: ClientRecord | undefined) =>
      [first, second, third].map(
        ({ secret = '' }) =>
          clients.matchingSecret(record?.secretHashes ?? [], secret) !== undefined,
      );
    assert.deepEqual(works(await clients.find(clientId)), [false, true, true]);
    clock.advance(60_000);
    assert.deepEqual(works(await clients.find(clientId)), [false, false, true]);
  });

  test('Of two secrets each has its own last use, which all processes write without a loss', async (t) => {
    const stores = await openTestStores(t, 2);
    const [store] = stores;
    assert.ok(store);
    const { clients, clock } = roomOn(store);
    const old = await clients.create({ metadata: job });
    const { clientId } = old.record;
    const fresh = await clients.rotateSecret(clientId, { overlapSeconds: 3600 });
    const log = { info() {}, warn() {} };
    const recorders = stores.map((each) =>
      createClientUsesRecorder({ store: each.clients, clients, clock, log }),
    );
    const present = ({ secret = '' }: { secret?: string | undefined }) =>
      recorders.map(({ verifySecret }) => verifySecret(fresh.record, secret));
    const minute = (ms: number) => ms - (ms % 60_000);

    assert.deepEqual(present(old), [true, true]);
    assert.deepEqual(present({ secret: 'neither' }), [false, false]);
    const first = clock.now();
    await recorders[0]?.flush();
    clock.advance(120_000);
    assert.deepEqual(recorders[1]?.verifySecret(fresh.record, fresh.secret ?? ''), true);
    // What the second process noted before is older than what the first may have written since.
    await Promise.all(recorders.map((recorder) => recorder.close()));
    const uses = (await clients.lastUses([clientId])).get(clientId);
    assert.equal(uses?.lastUsedAt, minute(first + 120_000));
    assert.deepEqual(uses?.secrets, {
      [sha256(old.secret ?? '')]: minute(first),
      [sha256(fresh.secret ?? '')]: minute(first + 120_000),
    });
  });

  test('Rotation without an overlap ends the old client secret at once', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record, secret = '' } = await clients.create({ metadata: job });
    const after = await clients.rotateSecret(record.clientId, { overlapSeconds: 0 });
    assert.equal(clients.matchingSecret(after.record.secretHashes, secret), undefined);
    assert.ok(clients.matchingSecret(after.record.secretHashes, after.secret ?? ''));
  });

  test('A later rotation never extends an old client secret', async (t) => {
    const { clients, clock } = roomOn(await openTestStore(t));
    const { record, secret = '' } = await clients.create({ metadata: job });
    await clients.rotateSecret(record.clientId, { overlapSeconds: 60 });
    await clients.rotateSecret(record.clientId, { overlapSeconds: 86_400 });
    clock.advance(61_000);
    const stored = await clients.find(record.clientId);
    assert.equal(clients.matchingSecret(stored?.secretHashes ?? [], secret), undefined);
  });

  test("Repeated rotations do not grow the client's record without bound", async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { clientId } = (await clients.create({ metadata: job })).record;
    for (let index = 0; index < 20; index += 1) await clients.rotateSecret(clientId);
    assert.ok(((await clients.find(clientId))?.secretHashes.length ?? 99) <= 8);
  });

  test('A client without a secret cannot rotate one', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { clientId } = (
      await clients.create({ metadata: { token_endpoint_auth_method: 'none' } })
    ).record;
    await assert.rejects(clients.rotateSecret(clientId), { code: 'no_secret', status: 409 });
  });

  test('A client that becomes public loses its secret for good', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record, secret = '' } = await clients.create({ metadata: job });
    await clients.update(record.clientId, { token_endpoint_auth_method: 'none' });
    const back = await clients.update(record.clientId, { token_endpoint_auth_method: null });
    assert.equal(clients.matchingSecret(back.secretHashes, secret), undefined);
    const rotated = await clients.rotateSecret(record.clientId);
    assert.ok(clients.matchingSecret(rotated.record.secretHashes, rotated.secret ?? ''));
  });

  test('The stored metadata contains neither a secret nor a client id', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const refused = { code: 'invalid_client_metadata', status: 400 };
    const { clientId } = (await clients.create({ metadata: job })).record;
    for (const stray of [{ client_secret: 'x'.repeat(40) }, { client_id: 'other' }]) {
      await assert.rejects(clients.create({ metadata: { ...job, ...stray } }), refused);
      await assert.rejects(clients.update(clientId, stray), refused);
    }
  });
});

describe('Client management', () => {
  test('Each change is in the audit trail, and a change without effect is not', async (t) => {
    const { clients, audit } = roomOn(await openTestStore(t));
    const { secret, record } = await clients.create({ clientId: 'job', metadata: job }, by);
    await clients.update('job', { client_name: 'Job' }, by);
    await clients.rotateSecret('job', {}, by);
    await clients.disable('job', by);
    await clients.disable('job', by);
    await clients.enable('job', by);
    await clients.enable('job', by);
    await clients.remove('job', by);
    // Nobody waits for what is revoked of a client, so that its events may be among later ones.
    const ended = audit.types().filter((type) => type === 'revocation.client');
    // Of one that is disabled already, it ends what there may still be.
    assert.equal(ended.length, 3);
    assert.deepEqual(
      audit.types().filter((type) => type !== 'revocation.client'),
      [
        ...['client.created', 'client.updated', 'client.secret_rotated'],
        ...['client.disabled', 'client.enabled', 'client.deleted'],
      ],
    );
    const trail = JSON.stringify(audit.events);
    assert.ok(
      !trail.includes(secret ?? '-') && !trail.includes(record.secretHashes[0]?.hash ?? '-'),
    );
    assert.ok(
      audit.events.every((event) => event.clientId === 'job' && event.actor === 'operator'),
    );
  });

  test('The second of two changes made from one version is refused', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    const { record } = await clients.create({ clientId: 'job', metadata: job });
    const on = { ...by, expectedVersion: record.version };
    await clients.update('job', { client_name: 'One' }, on);
    await assert.rejects(clients.update('job', { client_name: 'Two' }, on), {
      code: 'version_mismatch',
      status: 412,
    });
    assert.equal((await clients.find('job'))?.metadata.client_name, 'One');
  });

  test('Simultaneous changes of different members are all kept', async (t) => {
    const rooms = (await openTestStores(t, 2)).map((store) => roomOn(store).clients);
    const [one, other] = rooms;
    assert.ok(one && other);
    await one.create({ clientId: 'job', metadata: job });
    await Promise.all([
      one.update('job', { client_name: 'Job' }),
      other.update('job', { client_uri: 'https://job.example' }),
      one.update('job', { grant_types: null }),
      other.disable('job'),
    ]);
    const record = await one.find('job');
    assert.deepEqual(record?.metadata, {
      apis: job.apis,
      client_name: 'Job',
      client_uri: 'https://job.example',
    });
    assert.ok(record?.disabledAt);
    assert.equal(record?.version, 5);
  });

  test('Metadata that the protocol engine refuses changes nothing', async (t) => {
    const store = await openTestStore(t);
    const clock = createMovableClock();
    const audit = createAuditTrail();
    const { announce, killSwitches } = killSwitchesOn(store, { declared: {}, audit, clock });
    const clients = createClients({
      ...{ store: store.clients, announce, killSwitches, clock, audit },
      validate: async (_clientId, metadata) => {
        if (metadata.client_name === 'bad') throw new Error('refused');
      },
    });
    await assert.rejects(clients.create({ clientId: 'x', metadata: { client_name: 'bad' } }));
    assert.equal(await clients.find('x'), undefined);
    await clients.create({ clientId: 'x', metadata: job });
    await assert.rejects(clients.update('x', { client_name: 'bad' }));
    assert.equal((await clients.find('x'))?.version, 1);
  });

  test('A taken client id and an unknown client have different errors', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.create({ clientId: 'job', metadata: job });
    await assert.rejects(clients.create({ clientId: 'job', metadata: job }), {
      code: 'already_exists',
    });
    const unknown = { code: 'not_found', status: 404 };
    await assert.rejects(clients.update('nobody', {}), unknown);
    await assert.rejects(clients.rotateSecret('nobody'), unknown);
    await assert.rejects(clients.disable('nobody'), unknown);
    await assert.rejects(clients.remove('nobody'), unknown);
  });

  test('The pages of the client list are complete', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    for (const clientId of ['c', 'a', 'b']) await clients.create({ clientId, metadata: job });
    const first = await clients.list({ limit: 2 });
    const rest = await clients.list({ after: first.next, limit: 2 });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ clientId }) => clientId),
      ['a', 'b', 'c'],
    );
  });
});

describe('Dynamically registered clients', () => {
  test("A registered client's creation, replacement and removal are each in the audit trail", async (t) => {
    const { clients, audit } = roomOn(await openTestStore(t));
    await clients.addRegistered({ clientId: 'dyn', metadata: job, secret: 's'.repeat(43) });
    await clients.updateRegistered({ clientId: 'dyn', metadata: { ...job, client_name: 'Dyn' } });
    const record = await clients.find('dyn');
    assert.deepEqual([record?.source, record?.metadata.client_name], ['dynamic', 'Dyn']);
    assert.ok(clients.matchingSecret(record?.secretHashes ?? [], 's'.repeat(43)));
    await clients.removeRegistered('dyn');
    await clients.removeRegistered('dyn');
    assert.equal(await clients.find('dyn'), undefined);
    assert.deepEqual(audit.types(), [
      ...['client.created', 'client.updated', 'client.deleted', 'revocation.client'],
    ]);
  });

  test('A deleted client stays deleted, even if an update of it arrives later', async (t) => {
    const { clients, audit } = roomOn(await openTestStore(t));
    await clients.addRegistered({ clientId: 'dyn', metadata: job });
    await clients.remove('dyn');
    const change = clients.updateRegistered({ clientId: 'dyn', metadata: job });
    await assert.rejects(change, { code: 'not_found' });
    assert.equal(await clients.find('dyn'), undefined);
    assert.deepEqual(audit.types(), ['client.created', 'client.deleted', 'revocation.client']);
  });

  test('A registered client cannot change a client of the operator', async (t) => {
    const { clients } = roomOn(await openTestStore(t));
    await clients.create({ clientId: 'job', metadata: job });
    const refused = { code: 'not_registered', status: 403 };
    const taken = clients.addRegistered({ clientId: 'job', metadata: {} });
    await assert.rejects(taken, { code: 'already_exists' });
    await assert.rejects(clients.updateRegistered({ clientId: 'job', metadata: {} }), refused);
    await assert.rejects(clients.removeRegistered('job'), refused);
    assert.deepEqual((await clients.find('job'))?.metadata, job);
  });
});
