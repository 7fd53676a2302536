/** Webhook endpoints that are made and changed while processes run. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { testSecret } from '../../harness/test_secret.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { createOutboundFetch } from '../../src/net/outbound.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { createWebhooks, resealEndpoints, type Webhooks } from '../../src/webhooks/room.ts';
import { createMovableClock } from '../support/rooms.ts';
import { onSqlite } from '../support/stores.ts';
import { secret as fileSecret, type Receiver, startReceiver, verified } from './webhook_rooms.ts';

const by = { actor: 'operator' };
const minute = 60_000;

onSqlite((stores) => {
  describe('Webhook endpoints at run time', () => {
    const clock = createMovableClock(Date.now());
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    let store: Store;
    let receiver: Receiver;
    let declaration: object;
    const opened: Services[] = [];
    const ends: (() => void)[] = [];

    /** A process of its own: one that operators use, and one that sends. */
    const open = async (secrets = [testSecret]) => {
      const config = {
        declaration: declarationSchema.parse(declaration),
        ...{ issuer: 'https://id.example', developmentMode: false },
        secrets: secrets.map((text) => Buffer.from(text, 'base64url')),
        file: { name: 'cardea.yaml', lines: { 'webhooks[0]': 7 } },
      };
      const services = createServices({ config, store, clock, log });
      opened.push(services);
      await services.ready();
      return services;
    };
    const senderOf = (services: Services): Webhooks =>
      createWebhooks({
        ...{ outbox: services.webhookOutbox, deliveries: store.deliveries, clock, log },
        fetch: createOutboundFetch({ allow: ['127.0.0.0/8'], log }),
        ...{ audit: services.audit, count: () => {} },
      });
    const happens = async (services: Services) => {
      await services.watch.catchUp();
      await services.audit.record({ type: 'api_key.leaked', outcome: 'success', details: {} });
    };

    before(async () => {
      store = await openStore({ url: await stores.freshUrl() });
      receiver = await startReceiver({ after: (end: () => void) => void ends.push(end) } as never);
      declaration = {
        webhooks: [{ url: 'https://file.example/hooks', secret: fileSecret, events: ['sign_out'] }],
        outbound: { allow: ['127.0.0.0/8'] },
      };
    });
    after(async () => {
      for (const end of ends) end();
      for (const services of opened) await services.close();
      await store.close();
    });

    test('A new endpoint is sent what happens next in any process, signed with the secret that was shown once', async () => {
      const [operator, other] = [await open(), await open()];
      const endpoints = await operator.webhooks();
      const sender = senderOf(other);
      const made = await endpoints.create({ url: receiver.url, events: ['api_key.*'] }, by);
      await happens(other);
      await sender.drain();
      assert.equal(receiver.received.length, 1);
      assert.equal(verified(receiver.received[0] as never, made.secret).type, 'api_key.leaked');
      const kept = JSON.stringify(await store.documents.get('webhooks'));
      assert.ok(!kept.includes(made.secret.slice(6, 30)));
      assert.ok(!JSON.stringify(await endpoints.list()).includes('sealed'));

      const { id } = made.endpoint;
      const rotated = await endpoints.rotateSecret(id, { overlapSeconds: 60 }, by);
      await happens(other);
      await sender.drain();
      for (const each of [made.secret, rotated.secret]) {
        verified(receiver.received[1] as never, each);
      }
      clock.advance(minute);
      await happens(other);
      await sender.drain();
      verified(receiver.received[2] as never, rotated.secret);
      assert.throws(() => verified(receiver.received[2] as never, made.secret));

      const disabled = await endpoints.disable(id, by);
      await happens(other);
      await sender.drain();
      await endpoints.enable(id, { ...by, expectedVersion: disabled.version });
      receiver.answer = { status: 500 };
      await happens(other);
      await sender.drain();
      assert.equal(receiver.received.length, 4);
      const waiting = await endpoints.waiting(id, { limit: 9 });
      assert.deepEqual(
        waiting.map(({ attempts }) => attempts),
        [1],
      );

      receiver.answer = { status: 204 };
      assert.deepEqual(await endpoints.sendTest(id), { result: 'delivered' });
      assert.equal(verified(receiver.received[4] as never, rotated.secret).type, 'webhook.test');

      await endpoints.remove(id, by);
      await happens(other);
      clock.advance(minute);
      await sender.drain();
      assert.equal(receiver.received.length, 5);
      await sender.close();
      const types = (await store.audit.list({ limit: 50 })).map(({ type }) => type);
      for (const type of ['created', 'secret_rotated', 'updated', 'deleted']) {
        assert.ok(types.includes(`webhook.${type}` as never), type);
      }
    });

    test('An endpoint of the file is listed with the others, and changes with the file only', async () => {
      const endpoints = await (await open()).webhooks();
      const [declared] = await endpoints.list();
      assert.deepEqual([declared?.source, declared?.url], ['file', 'https://file.example/hooks']);
      const id = declared?.id ?? '';
      for (const write of [
        () => endpoints.update(id, { events: null }, by),
        () => endpoints.disable(id, by),
        () => endpoints.rotateSecret(id, {}, by),
        () => endpoints.remove(id, by),
      ]) {
        await assert.rejects(write, {
          code: 'managed_by_file',
          message: /webhooks\[0\] \(line 7\)/,
        });
      }
    });

    test('A change is checked by field and version, and what changes nothing is not on record', async () => {
      const endpoints = await (await open()).webhooks();
      for (const input of [
        { url: 'ftp://x.example' },
        { url: receiver.url, events: [] },
        { url: receiver.url, events: ['x'] },
        { url: receiver.url, secret: fileSecret },
        {},
      ]) {
        await assert.rejects(endpoints.create(input, by), { code: 'invalid_request' });
      }
      const { endpoint } = await endpoints.create({ url: receiver.url, events: ['sign_out'] }, by);
      const changed = await endpoints.update(endpoint.id, { events: null, description: 'd' }, by);
      assert.deepEqual([changed.events, changed.description, changed.version], [undefined, 'd', 2]);
      const same = await endpoints.update(endpoint.id, { description: 'd' }, by);
      assert.equal(same.version, 2);
      const events = await store.audit.list({ limit: 9, type: 'webhook.updated' });
      const [event, ...others] = events.filter(({ target }) => target?.id === endpoint.id);
      assert.deepEqual(others, []);
      assert.deepEqual(event?.before, { events: ['sign_out'] });
      assert.deepEqual(event?.after, { description: 'd' });
      const stale = { ...by, expectedVersion: 1 };
      const code = 'version_mismatch';
      await assert.rejects(endpoints.update(endpoint.id, {}, stale), { code });
      await assert.rejects(endpoints.remove(endpoint.id, stale), { code });
      await assert.rejects(endpoints.remove('webhook_x', by), { code: 'not_found' });
      await endpoints.remove(endpoint.id, by);
      await assert.rejects(endpoints.get(endpoint.id), { code: 'not_found' });
    });

    test('A new master secret seals the secrets again, and the old one can go', async () => {
      const next = Buffer.alloc(32, 'the next master secret').toString('base64url');
      const before = await (await open()).webhooks();
      const made = await before.create({ url: receiver.url, events: ['api_key.*'] }, by);
      const both = await open([next, testSecret]);
      await resealEndpoints(store.documents, both.secrets);
      const alone = await open([next]);
      const count = receiver.received.length;
      assert.deepEqual(await (await alone.webhooks()).sendTest(made.endpoint.id), {
        result: 'delivered',
      });
      verified(receiver.received[count] as never, made.secret);
    });
  });
});
