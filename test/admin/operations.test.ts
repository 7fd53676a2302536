/** Operations on APIs, settings, webhooks and operators, and objects as YAML, over HTTP. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import { randomId } from '../../src/digests.ts';
import { openStore } from '../../src/storage/open.ts';
import { basic, eachServer, postForm } from '../support/flows.ts';
import { type AdminAnswer, type AdminClient, adminClient, callerOf, declaration } from './scene.ts';

const orders = 'https://orders.example';
const meterSecret = 'a-secret-of-an-api-0123456789abcdef';
const billing = 'https://billing.example';
const pathTo = (identifier: string) => `/apis/${encodeURIComponent(identifier)}`;
const any = { 'if-match': '*' };
const absent = { 'if-none-match': '*' };
const file = {
  ...declaration,
  apis: [
    {
      ...{ identifier: orders, name: 'Orders', client_id: 'meter' },
      scopes: { 'orders:read': 'See orders' },
    },
  ],
  clients: [
    ...declaration.clients,
    { client_id: 'meter', client_secret: meterSecret, grant_types: [] },
  ],
  users: [
    { username: 'alice', operator: 'auditor', subject: 'alice' },
    ...['bob', 'carol', 'erin'].map((name) => ({ username: name, subject: name })),
  ],
  pages: { documentation: 'https://docs.example/' },
  webhooks: [
    {
      ...{ url: 'https://file.example/hooks', events: ['sign_out'] },
      secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    },
  ],
  outbound: { allow: ['127.0.0.0/8'] },
  api_keys: { tiers: { free: { requests_per_minute: 100 } }, default_tier: 'free' },
};
const api = { name: 'Billing', scopes: { 'invoices:read': 'See invoices' } };

const idsOf = ({ body }: AdminAnswer, member: string) =>
  (body.items as Record<string, string>[]).map((item) => item[member]);

function isRefused({ status, body }: AdminAnswer, expected: [number, string], text = /./) {
  assert.deepEqual([status, body.code], expected, JSON.stringify(body));
  assert.match(String(body.detail), text);
}

await eachServer({ declaration: file }, (server) => {
  let call: AdminClient;
  before(async () => {
    call = await adminClient(server().issuer);
  });

  const keyOf = async (userId: string, ...scopes: string[]) => {
    const wanted = { name: 'k', api: 'urn:cardea:admin', scopes, user_id: userId };
    const { status, body } = await call('POST', '/api-keys', { body: wanted });
    assert.equal(status, 201, JSON.stringify(body));
    return callerOf(server().issuer, String(body.key));
  };
  test('An API that is made here gives out tokens at once, also for a new scope, and its end revokes them', async () => {
    const path = pathTo(billing);
    const made = await call('PUT', path, { body: api, headers: absent });
    assert.deepEqual([made.status, made.headers.get('location')], [201, `/admin/v1${path}`]);
    isRefused(await call('PUT', path, { body: api, headers: absent }), [412, 'already_exists']);
    const job = {
      ...{ client_id: 'job', client_name: 'Job', grant_types: ['client_credentials'] },
      ...{ scope: 'invoices:read invoices:write', apis: [billing] },
    };
    const body = { scopes: { 'invoices:write': 'Write invoices' } };
    isRefused(await call('PATCH', path, { body }), [428, 'precondition_required']);
    const changed = await call('PATCH', path, { body, headers: { 'if-match': '"1"' } });
    assert.deepEqual([changed.status, changed.headers.get('etag')], [200, '"2"']);
    assert.deepEqual(Object.keys(changed.body.scopes as object), [
      'invoices:read',
      'invoices:write',
    ]);
    isRefused(await call('PATCH', path, { body, headers: { 'if-match': '"1"' } }), [
      412,
      'version_mismatch',
    ]);
    const secret = String((await call('POST', '/clients', { body: job })).body.client_secret);
    const authorization = basic('job', secret);
    const post = async (to: string, fields: Record<string, string>) =>
      (await postForm(server().issuer + to, fields, { authorization })).body;
    const token = (scope: string) => post('/token', { grant_type: 'client_credentials', scope });
    const { access_token: value } = await token('invoices:write');
    assert.ok(value);
    const joined = await call('PATCH', path, { body: { client_id: 'job' }, headers: any });
    const isActive = async () => (await post('/introspect', { token: String(value) })).active;
    assert.equal(await isActive(), true);

    const same = await call('PUT', path, { body: joined.body, headers: any });
    assert.equal(same.headers.get('etag'), joined.headers.get('etag'));
    const narrow = { scopes: { 'invoices:write': null } };
    const dry = await call('PATCH', `${path}?dry_run=true`, { body: narrow, headers: any });
    const [planned] = dry.body.changes as { event: string; before: object }[];
    assert.deepEqual(planned?.event, 'api.updated');
    assert.deepEqual(planned?.before, { scopes: { 'invoices:write': 'Write invoices' } });
    await call('DELETE', `${path}?dry_run=true`, { headers: any });
    assert.equal(await isActive(), true);
    await call('PATCH', path, { body: narrow, headers: any });
    assert.equal(await isActive(), false);
    assert.ok((await token('invoices:write')).error);

    const disabled = await call('POST', `${path}/disable`);
    assert.equal(disabled.body.enabled, false);
    assert.equal((await token('invoices:read')).error, 'invalid_target');
    assert.equal((await call('POST', `${path}/enable`)).body.enabled, true);
    assert.ok((await token('invoices:read')).access_token);
    isRefused(await call('DELETE', path, { headers: { 'if-match': '"1"' } }), [
      412,
      'version_mismatch',
    ]);
    assert.equal((await call('DELETE', path, { headers: any })).status, 204);
    isRefused(await call('GET', path), [404, 'not_found']);
    assert.equal((await token('invoices:read')).error, 'invalid_target');
  });

  test('APIs are found by the words of their names, by state, and with all else; clients by the APIs that they name', async () => {
    for (const [identifier, name] of [
      ['urn:post', { en: 'Letters', de: 'Briefe' }],
      ['urn:parcels', 'Parcels of the post'],
    ] as const) {
      assert.equal((await call('POST', '/apis', { body: { identifier, name } })).status, 201);
    }
    await call('POST', '/apis/urn%3Aparcels/disable');
    const list = async (query: string) => idsOf(await call('GET', `/apis?${query}`), 'identifier');
    assert.deepEqual(await list('text=post'), ['urn:parcels', 'urn:post']);
    assert.deepEqual(await list('text=post&enabled=true'), ['urn:post']);
    assert.deepEqual(await list('enabled=false'), ['urn:parcels']);
    assert.deepEqual(await list('text=brie'), ['urn:post']);
    assert.deepEqual(await list('text=ost'), []);
    assert.deepEqual(await list('limit=1&text=post'), ['urn:parcels']);
    assert.deepEqual(await list('limit=1&text=post&after=urn:parcels'), ['urn:post']);
    const found = await call('GET', '/search?text=letters');
    assert.deepEqual(found.body.items, [
      { kind: 'api', id: 'urn:post', name: 'Letters', detail: 'urn:post' },
    ]);
    assert.deepEqual(idsOf(await call('GET', '/clients?api=urn:cardea:admin'), 'client_id'), [
      ...['cardea-console', 'dashboard', 'deployment'],
    ]);
    assert.deepEqual(idsOf(await call('GET', '/clients?api=urn:post'), 'client_id'), []);
  });

  test('What is wrong in an API is told by its field, and nobody changes the API of Cardea itself', async () => {
    const wrong = { identifier: 'urn:x', name: 'X', scopes: { 'a b': 'A' }, unknown: 1 };
    const { status, body } = await call('POST', '/apis', { body: wrong });
    assert.equal(status, 400);
    assert.ok(JSON.stringify(body.errors).includes('#/unknown'));
    for (const [method, headers] of [
      ['PATCH', any],
      ['PUT', any],
      ['DELETE', any],
    ] as const) {
      const options = { headers, ...(method !== 'DELETE' && { body: { name: 'X' } }) };
      isRefused(await call(method, pathTo('urn:cardea:admin'), options), [409, 'built_in']);
    }
    isRefused(await call('GET', '/apis/urn%3Anothing'), [404, 'not_found']);
    assert.equal((await call('GET', '/apis/%zz')).status, 400);
  });

  test('What the file names is shown with its place, and a change of it is refused with that place', async () => {
    const { body: webhooks } = await call('GET', '/webhooks');
    const [hook] = webhooks.items as { id: string; managed_at: string }[];
    const named: [string, object, RegExp][] = [
      [pathTo(orders), { name: 'X' }, /cardea\.yaml: apis\[0\] \(line 1\)/],
      ['/clients/dashboard', { client_name: 'X' }, /cardea\.yaml: clients\[1\] \(line 1\)/],
      [`/webhooks/${hook?.id}`, { description: 'X' }, /cardea\.yaml: webhooks\[0\] \(line 1\)/],
      ['/settings', { pages: { documentation: null } }, /pages\.documentation \(line 1\)/],
    ];
    for (const [path, body, place] of named) {
      const shown = await call('GET', path);
      assert.match(JSON.stringify(shown.body), place);
      isRefused(await call('PATCH', path, { body, headers: any }), [409, 'managed_by_file'], place);
    }
    const place = /cardea\.yaml: users\[0\] \(line 1\)/;
    assert.match(String((await call('GET', '/operators/alice')).body.managed_at), place);
    const role = { body: { role: 'auditor' }, headers: any };
    isRefused(await call('PUT', '/operators/alice', role), [409, 'managed_by_file'], place);
    assert.equal((await call('POST', `${pathTo(orders)}/disable`)).status, 200);
    assert.equal((await call('POST', `${pathTo(orders)}/enable`)).status, 200);
  });

  test('Settings change by a merge patch of the version that was read', async () => {
    const { headers, body } = await call('GET', '/settings');
    assert.equal((body.pages as { name: string }).name, 'Cardea');
    const etag = headers.get('etag') ?? '';
    const patch = { pages: { name: 'Acme' } };
    isRefused(await call('PATCH', '/settings', { body: patch }), [428, 'precondition_required']);
    const dry = { body: patch, headers: { 'if-match': etag } };
    const planned = await call('PATCH', '/settings?dry_run=true', dry);
    const target = { kind: 'settings', id: 'settings' };
    assert.deepEqual(planned.body.changes, [
      { event: 'settings.updated', target, after: { pages: { name: 'Acme' } } },
    ]);
    const changed = await call('PATCH', '/settings', dry);
    assert.deepEqual(changed.body.origins, {
      'pages.name': { managed_by: 'operator' },
      'pages.accent': { managed_by: 'default' },
      'pages.documentation': {
        ...{ managed_by: 'file', managed_at: 'cardea.yaml: pages.documentation (line 1)' },
      },
      'pages.logo': { managed_by: 'default' },
    });
    isRefused(await call('PATCH', '/settings', dry), [412, 'version_mismatch']);
    const wrong = { body: { pages: { accent: 'red' } }, headers: any };
    assert.equal((await call('PATCH', '/settings', wrong)).status, 400);
    const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0${'h1'.repeat(150_000)}"/></svg>`;
    const logo = Buffer.from(drawing).toString('base64');
    const large = await call('PATCH', '/settings', { body: { pages: { logo } }, headers: any });
    assert.equal((large.body.pages as { logo?: { bytes: number } }).logo?.bytes, drawing.length);
    await call('PATCH', '/settings', { body: { pages: { logo: null } }, headers: any });
  });

  test('A webhook gets its secret once, a test event now, and nothing in a dry run', async (t) => {
    let received = 0;
    const receiver = createServer((_request, response) => {
      received += 1;
      response.end();
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    t.after(() => receiver.close());
    const { port } = receiver.address() as AddressInfo;
    const body = { url: `http://127.0.0.1:${port}/hook`, events: ['sign_out'] };
    const planned = await call('POST', '/webhooks?dry_run=true', { body });
    assert.ok(!JSON.stringify(planned.body).includes('whsec_'));
    const made = await call('POST', '/webhooks', { body });
    assert.match(String(made.body.secret), /^whsec_/);
    const path = `/webhooks/${made.body.id}`;
    const shown = await call('GET', path);
    assert.deepEqual([shown.body.secret, shown.body.managed_by], [undefined, 'operator']);
    assert.equal((await call('POST', `${path}/test?dry_run=true`)).status, 200);
    assert.equal(received, 0);
    assert.deepEqual((await call('POST', `${path}/test`)).body, { result: 'delivered' });
    assert.equal(received, 1);
    const patched = await call('PATCH', path, {
      body: { description: 'd' },
      headers: { 'if-match': '"1"' },
    });
    assert.deepEqual([patched.body.description, patched.headers.get('etag')], ['d', '"2"']);
    const stale = { body: {}, headers: { 'if-match': '"1"' } };
    isRefused(await call('PATCH', path, stale), [412, 'version_mismatch']);
    const rotated = await call('POST', `${path}/secrets`, { body: { overlap: 60 } });
    assert.match(String(rotated.body.secret), /^whsec_/);
    assert.equal((rotated.body.secrets as unknown[]).length, 2);
    assert.equal((await call('POST', `${path}/disable`)).body.enabled, false);
    assert.equal((await call('POST', `${path}/enable`)).body.enabled, true);
    assert.deepEqual((await call('GET', `${path}/deliveries`)).body, { items: [], next: null });
    await call('DELETE', `${path}?dry_run=true`, { headers: any });
    assert.equal((await call('DELETE', path, { headers: any })).status, 204);
    isRefused(await call('GET', path), [404, 'not_found']);
  });

  test('Roles are given and taken, an owner remains, and an administrator changes no owner', async () => {
    const path = '/operators/bob';
    const put = (role: string, headers: Record<string, string>, query = '') =>
      call('PUT', path + query, { body: { role }, headers });
    isRefused(await put('owner', any), [404, 'not_found']);
    assert.equal((await put('owner', absent, '?dry_run=true')).status, 200);
    isRefused(await call('GET', path), [404, 'not_found']);
    const made = await put('administrator', absent);
    assert.deepEqual(
      [made.status, made.body.username, made.body.role],
      [201, 'bob', 'administrator'],
    );
    isRefused(await put('owner', absent), [412, 'already_exists']);
    const carol = { body: { role: 'owner' }, headers: absent };
    assert.equal((await call('PUT', '/operators/carol', carol)).status, 201);
    const administrator = await keyOf('bob', 'operators:read', 'users:write');
    assert.equal((await administrator('GET', '/operators/carol')).status, 200);
    for (const user of ['carol', 'bob']) {
      const wanted = { body: { role: 'owner' }, headers: any };
      const refused = await administrator('PUT', `/operators/${user}`, wanted);
      isRefused(refused, [403, 'insufficient_scope']);
    }
    const auditor = { body: { role: 'auditor' }, headers: any };
    isRefused(await call('PUT', '/operators/carol', auditor), [409, 'last_owner']);
    isRefused(await call('DELETE', '/operators/carol', { headers: any }), [409, 'last_owner']);
    const etag = made.headers.get('etag') ?? '';
    const owner = await put('owner', { 'if-match': etag });
    assert.deepEqual([owner.status, owner.body.role], [200, 'owner']);
    isRefused(await put('auditor', { 'if-match': etag }), [412, 'version_mismatch']);
    assert.equal((await put('owner', any)).headers.get('etag'), owner.headers.get('etag'));
    assert.equal((await call('DELETE', '/operators/carol', { headers: any })).status, 204);
    isRefused(await call('DELETE', path, { headers: any }), [409, 'last_owner']);
    assert.equal((await call('PUT', '/operators/carol', carol)).status, 201);
    const { body } = await call('GET', '/operators?limit=1');
    assert.deepEqual([(body.items as unknown[]).length, body.next], [1, 'alice']);
    isRefused(await call('PUT', path, { body: { role: 'king' }, headers: any }), [
      400,
      'invalid_request',
    ]);
    assert.equal((await call('DELETE', path, { headers: any })).status, 204);
    isRefused(await call('DELETE', path, { headers: any }), [404, 'not_found']);
  });

  test('A deployer sees and changes the APIs of its projects, and no others', async () => {
    const made = await call('POST', '/projects', { body: { name: 'Shop', api: orders } });
    const project = String(made.body.id);
    const deployer = {
      ...{ client_id: 'deployer', client_name: 'D', grant_types: ['client_credentials'], project },
      ...{ apis: ['urn:cardea:admin'], scope: 'apis:read apis:write clients:read' },
    };
    const { body } = await call('POST', '/clients', { body: deployer });
    const issued = await postForm(
      `${server().issuer}/token`,
      { grant_type: 'client_credentials' },
      { authorization: basic('deployer', String(body.client_secret)) },
    );
    const as = callerOf(server().issuer, String(issued.body.access_token));
    isRefused(await as('GET', pathTo(orders)), [404, 'not_found']);
    isRefused(await as('POST', '/apis', { body: { ...api, identifier: 'urn:d' } }), [
      404,
      'not_found',
    ]);
    const own = { ...api, identifier: 'urn:d', project, client_id: 'dashboard' };
    assert.equal((await as('POST', '/apis', { body: own })).status, 201);
    assert.deepEqual(idsOf(await as('GET', '/apis'), 'identifier'), ['urn:d']);
    assert.deepEqual(idsOf(await as('GET', '/search?text=orders'), 'id'), []);
    assert.deepEqual(idsOf(await as('GET', '/search?text=billing'), 'id'), ['urn:d']);
    const away = { body: { project: null }, headers: any };
    isRefused(await as('PATCH', pathTo('urn:d'), away), [404, 'not_found']);
    const renamed = { body: { name: 'Own' }, headers: any };
    assert.equal((await as('PATCH', pathTo('urn:d'), renamed)).status, 200);
    for (const method of ['PATCH', 'DELETE']) {
      const options = { headers: any, ...(method === 'PATCH' && { body: { name: 'X' } }) };
      isRefused(await as(method, pathTo(orders), options), [404, 'not_found']);
    }
    isRefused(await as('POST', `${pathTo(orders)}/disable`), [404, 'not_found']);
    isRefused(await as('GET', '/clients/dashboard/dependents'), [404, 'not_found']);
  });

  test('What would break without an object is counted, and a revocation is estimated by the same count', async (t) => {
    const store = await openStore({ url: server().store });
    t.after(() => store.close());
    const client = { client_id: 'till', grant_types: ['client_credentials'] };
    assert.equal((await call('POST', '/clients', { body: client })).status, 201);
    const [clientId, accountId, expiresAt] = ['till', 'erin', Date.now() + 3_600_000];
    const put = (kind: string, more: object) =>
      store.artifacts.put({ kind, id: randomId(), payload: {}, expiresAt, ...more });
    await put('Grant', { clientId, accountId });
    await put('Grant', { clientId, accountId: 'carol' });
    await put('RefreshToken', { clientId, accountId, familyId: 'f' });
    await put('RefreshToken', { clientId, accountId, familyId: 'f', consumedAt: 1 });
    await put('Session', { accountId, sessionUid: 's' });
    const range = { list: randomId(), count: 1, perSecond: 1, issuedFrom: 0, asOf: 0, expiresAt };
    const token = { ...range, clientId, userId: accountId, api: orders, keyId: 'k' };
    for (const first of [1, 2, 3]) await store.statusRanges.add({ ...token, first });
    const { body: owned } = await call('POST', '/projects', {
      body: { name: 'Tills', api: orders, owner_id: accountId },
    });
    const ofProject = { name: 'k', api: orders, scopes: [], project_id: owned.id };
    const { body: key } = await call('POST', '/api-keys', { body: ofProject });
    const { body: ended } = await call('POST', '/api-keys', { body: ofProject });
    await call('POST', `/api-keys/${ended.id}/revoke`);

    const of = (count: number) => ({ count, more: false });
    const none = { access_tokens: of(0), client_blocks: of(0) };
    const issued = { ...none, access_tokens: of(3) };
    const ofClient = { grants: of(2), refresh_tokens: of(1), ...issued };
    const ofUser = { sessions: of(1), grants: of(1), ...issued };
    const expected: [string, object][] = [
      ['/clients/till', { ...ofClient, apis: of(0) }],
      ['/users/erin', { ...ofUser, api_keys: of(0), projects: of(1) }],
      [`/projects/${owned.id}`, { api_keys: of(1), ...none }],
      [`/api-keys/${key.id}`, none],
    ];
    for (const [path, dependents] of expected) {
      assert.deepEqual((await call('GET', `${path}/dependents`)).body, dependents, path);
    }
    const estimate = async (target: object) =>
      (await call('POST', '/revocations/estimate', { body: { target } })).body;
    assert.deepEqual(await estimate({ client: 'till' }), ofClient);
    assert.deepEqual(await estimate({ user: 'erin' }), ofUser);
    isRefused(await call('GET', '/clients/nobody/dependents'), [404, 'not_found']);
  });

  test('Objects are shown as YAML without secrets', async () => {
    const { body } = await call('GET', '/webhooks');
    const [hook] = body.items as { id: string }[];
    const shown: [string, RegExp][] = [
      ['/clients/dashboard/yaml', /client_id: dashboard/],
      [`${pathTo(orders)}/yaml`, /identifier: https:\/\/orders\.example/],
      ['/users/bob/yaml', /username: bob/],
      [`/webhooks/${hook?.id}/yaml`, /secret: \$\{[A-Z_]+\}/],
      ['/settings/yaml', /^pages:/m],
    ];
    for (const [path, text] of shown) {
      const { status, headers, body: none, text: yaml } = await call('GET', path);
      assert.deepEqual([path, status, none], [path, 200, {}]);
      assert.equal(headers.get('content-type'), 'text/yaml; charset=utf-8');
      assert.match(yaml, text);
      assert.ok(!yaml.includes('whsec_') && !yaml.includes('a-secret-of-an-operator'));
    }
    isRefused(await call('GET', '/users/nobody/yaml'), [404, 'not_found']);
  });

  test('A tier that is made here limits the keys that have it from the next request on, and the file has the last word', async () => {
    const files = [403, 409];
    const { body: listed } = await call('GET', '/tiers');
    const [declared] = listed.items as Record<string, unknown>[];
    assert.deepEqual([declared?.name, declared?.managed_by], ['free', 'file']);
    assert.equal(declared?.is_default, true);
    isRefused(
      await call('PUT', '/tiers/free', { body: {}, headers: any }),
      [409, 'managed_by_file'],
      /api_keys\.tiers/,
    );
    isRefused(
      await call('POST', '/tiers', { body: { name: 'pro', is_default: true } }),
      [409, 'managed_by_file'],
      /default_tier/,
    );
    isRefused(await call('POST', '/tiers', { body: { name: 'p r o' } }), [400, 'invalid_request']);
    // Names that objects have anyway.
    for (const name of ['constructor', 'pro']) {
      const made = await call('POST', '/tiers', { body: { name, requests_per_minute: 1 } });
      assert.deepEqual([made.status, made.headers.get('etag')?.length], [201, 3], made.text);
    }
    isRefused(await call('POST', '/tiers', { body: { name: 'pro' } }), [409, 'already_exists']);
    const put = { body: { requests_per_minute: 1 }, headers: absent };
    isRefused(await call('PUT', '/tiers/pro', put), [412, 'already_exists']);

    const verify = async (key: unknown) => {
      const response = await fetch(`${server().issuer}/api-keys/verify`, {
        method: 'POST',
        headers: { authorization: basic('meter', meterSecret), 'content-type': 'application/json' },
        body: JSON.stringify({ key }),
      });
      const { valid, reason, tier } = (await response.json()) as Record<string, unknown>;
      return valid ? tier : reason;
    };
    const owner = { user_id: 'bob', api: orders, scopes: ['orders:read'], name: 'k' };
    isRefused(await call('POST', '/api-keys', { body: { ...owner, tier: 'nothing' } }), [
      400,
      'invalid_request',
    ]);
    const { body: key } = await call('POST', '/api-keys', { body: { ...owner, tier: 'pro' } });
    assert.deepEqual([await verify(key.key), await verify(key.key)], ['pro', 'rate_limited']);
    const dry = await call('PATCH', '/tiers/pro?dry_run=true', {
      ...{ body: { requests_per_minute: null }, headers: any },
    });
    assert.deepEqual((dry.body.changes as { before: unknown }[])[0]?.before, {
      requests_per_minute: 1,
    });
    const patched = await call('PATCH', '/tiers/pro', {
      body: { requests_per_minute: 1000, requests_per_month: 5000 },
      headers: any,
    });
    assert.equal(patched.status, 200, patched.text);
    assert.equal(await verify(key.key), 'pro');
    const yaml = await call('GET', '/tiers/pro/yaml');
    assert.match(yaml.text, /tiers:\n +pro:\n +requests_per_minute: 1000/);
    const stale = { body: patched.body, headers: { 'if-match': '"1"' } };
    isRefused(await call('PUT', '/tiers/pro', stale), [412, 'version_mismatch']);

    // Whoever may change keys sees tiers, and changes none.
    const deployer = await keyOf('bob', 'api_keys:read', 'api_keys:write');
    for (const [method, path] of [
      ['PATCH', '/tiers/pro'],
      ['DELETE', '/tiers/pro'],
    ] as const) {
      assert.ok(files.includes((await deployer(method, path, { body: {}, headers: any })).status));
    }
    assert.equal((await call('DELETE', '/tiers/pro', { headers: any })).status, 204);
    assert.equal(await verify(key.key), 'pro', 'with the limits of the default tier');
    const { body: trail } = await call('GET', '/audit-events?target_kind=tier&target_id=pro');
    const types = (trail.items as { type: string }[]).map(({ type }) => type);
    assert.deepEqual(types, ['tier.deleted', 'tier.updated', 'tier.created']);
  });
});
