import assert from 'node:assert/strict';
import { installPackages, pythonCommand } from '../../installing/python.ts';
import { scriptApp } from '../../kinds/script_app.ts';
import { ordersApi } from '../../surroundings/orders_api.ts';

const orders = await ordersApi('authlib-requests');

export const program = scriptApp({
  name: 'Authlib (requests)',
  registry: 'PyPI',
  version: '1.9.10',
  flow: 'client credentials, revocation',
  settings: '',
  clientId: 'authlib-requests',
  callback: '/none',
  client: {
    grant_types: ['client_credentials'],
    redirect_uris: undefined,
    post_logout_redirect_uris: undefined,
    scope: 'orders:read',
  },
  orders,
  install: installPackages,
  command: (place) => pythonCommand(place, 'app.py'),
  async use(runWith) {
    assert.match(await runWith(), /no orders yet[\s\S]*no orders yet/);
    return 'an API called with a token of the service, which was renewed and revoked';
  },
});
