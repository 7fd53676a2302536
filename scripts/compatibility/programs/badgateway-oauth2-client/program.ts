import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: '@badgateway/oauth2-client',
  package: '@badgateway/oauth2-client',
  manifest,
  flow: 'code + PKCE, refresh, introspection, revocation; client credentials',
  settings: 'in the program: `discoveryEndpoint` (its default is not the path of RFC 8414)',
  callback: '/callback',
  apis: [orders],
  client: {
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid profile email orders:read',
  },
  async use({ origin }, person) {
    expectShown(await person.visit(origin), '"name":"Alice Adams"', '"active":true');
    expectShown(await person.visit(`${origin}/service`), '"accessToken":"');
    return 'name and e-mail of userinfo; refreshed; introspected; revoked; a token for a service';
  },
});
