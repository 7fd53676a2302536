import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiRegistry } from '../../src/apis/room.ts';
import { apiSchema } from '../../src/config/schema/declaration.ts';
import { adminApi } from '../../src/definitions/admin_scopes.ts';

const apis = createApiRegistry(
  [
    {
      identifier: 'https://orders.example',
      name: 'Orders',
      scopes: { 'orders:read': 'See your orders' },
      access_token_format: 'opaque',
      access_token_lifetime: '5m',
      client_id: 'orders-api',
    },
    { identifier: 'https://billing.example', name: 'Billing', client_id: 'orders-api' },
    { identifier: 'https://open.example', name: 'Open' },
  ].map((api) => apiSchema.parse(api)),
);

test('An API is found by its exact identifier, with its declaration', () => {
  assert.deepEqual(
    { ...apis.find('https://orders.example'), scopes: undefined },
    {
      identifier: 'https://orders.example',
      name: 'Orders',
      scopes: undefined,
      format: 'opaque',
      lifetimeSeconds: 300,
      acr: undefined,
      clientId: 'orders-api',
      project: undefined,
      claims: [],
      userKeyScopes: undefined,
      since: 0,
    },
  );
  assert.equal(apis.find('https://orders.example/'), undefined);
  assert.equal(apis.find('__proto__'), undefined);
});

test('An undeclared scope belongs to no API, whatever its name', () => {
  const scopes = apis.find('https://orders.example')?.scopes ?? {};
  assert.equal(scopes['orders:read'], 'See your orders');
  assert.equal('toString' in scopes, false);
  assert.equal('constructor' in scopes, false);
});

test('A client stands for the APIs that name it, and an API without a client stands for nobody', () => {
  const names = (clientId: string) => apis.byClientId(clientId).map((api) => api.name);
  assert.deepEqual(names('orders-api'), ['Orders', 'Billing']);
  assert.deepEqual(names('shop'), []);
  assert.deepEqual(names('undefined'), []);
  assert.deepEqual(
    apis.list().map(({ identifier }) => identifier),
    ['https://orders.example', 'https://billing.example', 'https://open.example', adminApi],
  );
});

test('An API of the file wins over a stored one, and a disabled API is unknown whatever declares it', () => {
  const registry = createApiRegistry([
    apiSchema.parse({ identifier: 'https://a.example', name: 'A', aliases: ['urn:a'] }),
    apiSchema.parse({ identifier: 'https://b.example', name: 'B' }),
  ]);
  const stored = (identifier: string, name: string, isDisabled = false) => ({
    declaration: apiSchema.parse({ identifier, name, aliases: ['urn:a'] }),
    ...{ since: 5, isDisabled },
  });
  registry.adopt([
    stored('https://a.example', 'Stored A'),
    stored('https://b.example', 'Stored B', true),
    stored('https://c.example', 'Stored C'),
    stored('https://d.example', 'Stored D', true),
  ]);
  assert.deepEqual(
    registry
      .list()
      .map(({ name, since }) => [name, since])
      .slice(0, -1),
    [
      ['A', 5],
      ['Stored C', 5],
    ],
  );
  assert.equal(registry.canonical('urn:a'), 'https://a.example');
  registry.adopt([]);
  assert.equal(registry.find('https://b.example')?.name, 'B');
});
