/** APIs that are made and changed while two nodes run. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { testSecret } from '../../harness/test_secret.ts';
import type { Apis } from '../../src/apis/room.ts';
import { createRehearsal } from '../../src/app/rehearsal.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { bySystem as by, type ChangeContext } from '../../src/audit/room.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { declarationSchema } from '../../src/config/schema/declaration.ts';
import { adminApi } from '../../src/definitions/admin_scopes.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { startNodes } from '../support/nodes.ts';
import type { TestServer } from '../support/server.ts';
import { onSqlite } from '../support/stores.ts';

const orders = 'https://orders.example';
const billing = 'https://billing.example';
const secret = 'the-secret-of-the-job-that-calls-apis-in-tests';
const file = {
  apis: [{ identifier: orders, name: 'Orders', scopes: { 'orders:read': 'See orders' } }],
  clients: [
    {
      ...{ client_id: 'job', client_secret: secret, grant_types: ['client_credentials'] },
      ...{ scope: 'clients:read orders:read', apis: [orders, adminApi] },
    },
  ],
  scopes: [{ name: 'department', description: 'Your department', claims: ['department'] }],
};
const api = {
  ...{ identifier: billing, name: 'Billing', aliases: ['urn:billing'] },
  ...{ scopes: { 'invoices:read': 'See invoices', 'invoices:write': 'Write invoices' } },
};

onSqlite((stores) => {
  describe('APIs at run time', () => {
    let nodes: [TestServer, TestServer];
    let store: Store;
    let services: Services;

    const config = {
      declaration: declarationSchema.parse(file),
      ...{ issuer: 'https://id.example', developmentMode: false },
      secrets: [Buffer.from(testSecret, 'base64url')],
      file: { name: 'cardea.yaml', lines: { 'apis[0]': 2 } },
    };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    /** As an operator's command: a process beside the nodes. */
    const open = async () => {
      const made = createServices({ config, store, clock, log });
      await made.ready();
      return made;
    };

    before(async () => {
      const url = await stores.freshUrl();
      nodes = await startNodes({ store: url, declaration: file });
      store = await openStore({ url });
      services = await open();
    });
    after(async () => {
      await services.close();
      await store.close();
      await Promise.all(nodes.map((node) => node.close()));
    });

    const post = async (path: string, body: Record<string, string>, node = nodes[1]) => {
      const response = await fetch(`${node.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`job2:${jobSecret}`)}` },
        body: new URLSearchParams(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    const token = (resource: string, scope = 'invoices:read', node = nodes[1]) =>
      post('/token', { grant_type: 'client_credentials', resource, scope }, node);
    let jobSecret = '';
    /** Replaces billing by what it is with these members. */
    const change = async (apis: Apis, members: object, on: ChangeContext = by) => {
      const { aliases, members: own } = await apis.get(billing);
      return apis.replace(billing, { ...own, aliases, ...members }, on);
    };

    test('A client may be for an API from the moment that it is made, on every node and by every name', async () => {
      const apis = await services.apiRecords();
      const clients = await services.clients();
      const metadata = {
        ...{ grant_types: ['client_credentials'], apis: [billing] },
        scope: 'invoices:read invoices:write',
      };
      await assert.rejects(
        clients.create({ clientId: 'job2', metadata }),
        /apis\[0\] names an API/,
      );
      await apis.create({ ...api, access_token_lifetime: '1h' }, by);
      jobSecret = (await clients.create({ clientId: 'job2', metadata })).secret ?? '';
      for (const node of nodes) {
        for (const name of [billing, `${billing}/`, 'urn:billing']) {
          const { status, body } = await token(name, 'invoices:write', node);
          assert.equal(status, 200, JSON.stringify(body));
          const { aud, exp = 0, iat = 0, scope } = decodeJwt(body.access_token ?? '');
          assert.deepEqual([aud, exp - iat, scope], [billing, 3600, 'invoices:write']);
        }
      }
    });

    test('A change is what the next request on every node goes by, and narrowing ends the tokens so far', async () => {
      const apis = await services.apiRecords();
      const isActive = async (value: string) => {
        const { body } = await post('/introspect', { token: value });
        return Boolean(body.active);
      };
      await change(apis, { client_id: 'job2' }, by);
      const { body } = await token(billing);
      const value = body.access_token ?? '';
      assert.equal(await isActive(value), true);
      await change(apis, { scopes: { ...api.scopes, more: 'More' } }, by);
      assert.equal(await isActive(value), true);
      await change(apis, { scopes: { 'invoices:read': 'See' } }, by);
      assert.equal(await isActive(value), false);
      for (const node of nodes) {
        assert.equal((await token(billing, 'invoices:write', node)).status, 400);
        assert.equal((await token(billing, 'invoices:read', node)).status, 200);
      }
    });

    test('A disabled API is unknown, its tokens end, and enabled again it takes new ones', async () => {
      const apis = await services.apiRecords();
      const { body } = await token(billing);
      await apis.disable(billing, by);
      assert.deepEqual((await token(billing)).body.error, 'invalid_target');
      await apis.enable(billing, by);
      assert.equal((await token(billing)).status, 200);
      const { body: introspected } = await post('/introspect', { token: body.access_token ?? '' });
      assert.equal(introspected.active, false);
    });

    test('What collides with the file, another API or a reference to nothing is refused by field', async () => {
      const apis = await services.apiRecords();
      const refused: [object, string][] = [
        [{ identifier: orders, name: 'X' }, 'already_exists'],
        [{ identifier: billing, name: 'X' }, 'already_exists'],
        [{ identifier: adminApi, name: 'X' }, '#/identifier'],
        [{ identifier: 'urn:billing', name: 'X' }, '#/identifier'],
        [{ identifier: 'urn:x', name: 'X', aliases: ['urn:y', 'urn:billing'] }, '#/aliases/1'],
        [{ identifier: 'urn:x', name: 'X', aliases: [orders] }, '#/aliases/0'],
        [{ identifier: 'urn:x', name: 'X', aliases: [`${adminApi}/`] }, '#/aliases/0'],
        [{ identifier: 'urn:x', name: 'X', scopes: { department: 'D' } }, '#/scopes/department'],
        [{ identifier: 'urn:x', name: 'X', client_id: 'nobody' }, '#/client_id'],
        [{ identifier: 'urn:x', name: 'X', project: 'project_0' }, '#/project'],
        [{ identifier: 'urn:x', name: 'X', user_key_scopes: ['a'] }, '#/user_key_scopes/0'],
        [
          { identifier: 'urn:x', name: 'X', access_token_lifetime: '31d' },
          '#/access_token_lifetime',
        ],
        [{ identifier: 'urn:x', name: 'X', unknown: 1 }, '#/unknown'],
      ];
      for (const [input, place] of refused) {
        await assert.rejects(apis.create(input, by), (error: never) => {
          const { code, errors = [] } = error as { code: string; errors?: { pointer: string }[] };
          assert.ok(
            [code, ...errors.map(({ pointer }) => pointer)].includes(place),
            `${place} ${error}`,
          );
          return true;
        });
      }
      assert.equal(await apis.find('urn:x'), undefined);
    });

    test('Nobody but the file changes what it declares, and nobody changes the API of Cardea itself', async () => {
      const apis = await services.apiRecords();
      const message = /cardea\.yaml: apis\[0\] \(line 2\)/;
      for (const write of [
        () => apis.replace(orders, { name: 'X' }, by),
        () => apis.remove(orders, by),
      ]) {
        await assert.rejects(write, { code: 'managed_by_file', status: 409, message });
      }
      await assert.rejects(apis.disable(adminApi, by), { code: 'built_in' });
      const { managementOf } = await services.declared();
      assert.equal(managementOf.api(orders).place, 'cardea.yaml: apis[0] (line 2)');
      assert.deepEqual(managementOf.api(billing), { by: 'operator' });
    });

    test('A dry run writes nothing, and a stale version changes nothing', async () => {
      const apis = await services.apiRecords();
      const rehearsal = await createRehearsal({
        ...{ config, store, clock, log },
        ofServer: { listsUpToDateAt: () => 0, previewTokens: async () => assert.fail() },
      });
      const dry = await rehearsal.services.apiRecords();
      const planned = await dry.create({ identifier: 'urn:dry', name: 'D' }, by);
      assert.equal(planned.identifier, 'urn:dry');
      const { version } = await apis.get(billing);
      await change(dry, { name: 'Dry' }, by);
      assert.equal((await dry.get(billing)).members.name, 'Dry');
      await dry.disable(billing, by);
      await dry.enable(billing, by);
      await dry.remove(billing, by);
      assert.deepEqual(
        rehearsal.events().flatMap(({ type }) => (type.startsWith('api.') ? [type] : [])),
        ['created', 'updated', 'disabled', 'enabled', 'deleted'].map((event) => `api.${event}`),
      );
      await rehearsal.close();
      assert.equal(await apis.find('urn:dry'), undefined);
      const stale = { ...by, expectedVersion: version - 1 };
      const code = 'version_mismatch';
      await assert.rejects(change(apis, { name: 'X' }, stale), { code });
      await assert.rejects(apis.disable(billing, stale), { code });
      await assert.rejects(apis.remove(billing, stale), { code });
      const found = await apis.find(billing);
      assert.deepEqual([found?.version, found?.members.name], [version, 'Billing']);
    });

    test('A client names the API of Cardea itself as any other, and gets tokens with its scopes', async () => {
      const response = await fetch(`${nodes[0].url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`job:${secret}`)}` },
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', resource: adminApi, scope: 'clients:read' },
        }),
      });
      const { access_token: value = '' } = (await response.json()) as Record<string, string>;
      const { aud, scope, exp = 0, iat = 0 } = decodeJwt(value);
      assert.deepEqual([aud, scope, exp - iat], [adminApi, 'clients:read', 600]);
    });

    test('The API keys of a removed API stay invalid, even when another gets its identifier', async () => {
      const apis = await services.apiRecords();
      const keys = await services.apiKeys();
      const projects = await services.projects();
      const project = await projects.ownOf(billing, by);
      const create = async () => {
        const wanted = { name: 'k', api: billing, scopes: ['invoices:read'] };
        const owned = { ...wanted, project_id: project.id };
        return (await keys.create(owned, { ...by, createdBy: 'operator' })).key;
      };
      const verify = async (key: string) => {
        const response = await fetch(`${nodes[1].url}/api-keys/verify`, {
          method: 'POST',
          headers: {
            ...{ authorization: `Basic ${btoa(`job2:${jobSecret}`)}` },
            'content-type': 'application/json',
          },
          body: JSON.stringify({ key }),
        });
        return (await response.json()) as { valid: boolean };
      };
      const old = await create();
      assert.equal((await verify(old)).valid, true);
      await apis.remove(billing, by);
      assert.equal((await token(billing)).body.error, 'invalid_target');
      await apis.create({ ...api, client_id: 'job2' }, by);
      assert.equal((await verify(old)).valid, false);
      assert.equal((await verify(await create())).valid, true);
      const types = (await store.audit.list({ limit: 50 })).map(({ type }) => type);
      for (const type of ['api.created', 'api.updated', 'api.disabled', 'api.deleted']) {
        assert.ok(types.includes(type), type);
      }
    });
  });
});
