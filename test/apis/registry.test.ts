import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiRegistry } from '../../src/apis/room.ts';
import { apiSchema } from '../../src/config/schema/declaration.ts';

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
      clientId: 'orders-api',
      claims: [],
      userKeyScopes: undefined,
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
  assert.equal(apis.list().length, 3);
});
