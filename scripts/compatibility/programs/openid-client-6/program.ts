import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'openid-client 6',
  package: 'openid-client',
  manifest,
  flow: 'code + PKCE, refresh, userinfo; client credentials; device',
  settings: '',
  callback: '/callback',
  apis: [orders],
  client: {
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
    ],
    scope: 'openid profile email offline_access groups orders:read',
  },
  async use({ origin }, person, app) {
    const callback = await person.visit(origin);
    expectShown(callback, '"name":"Alice Adams"', '"groups":["dev","ops"]', '"refreshed":{');
    expectShown(await person.visit(`${origin}/service`), '"scope":"orders:read"');
    await person.visit(`${origin}/device`);
    await app.says(/device of Alice Adams/);
    return 'name, e-mail and groups in ID token and userinfo; refreshed; a token for a service; a device signed in';
  },
});
