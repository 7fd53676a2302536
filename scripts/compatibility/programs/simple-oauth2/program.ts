import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'simple-oauth2',
  package: 'simple-oauth2',
  manifest,
  flow: 'code, refresh, userinfo, revocation; client credentials',
  settings: 'in Cardea: `require_pkce: false`',
  callback: '/callback',
  apis: [orders],
  client: {
    require_pkce: false,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid profile email orders:read',
  },
  async use({ origin }, person) {
    expectShown(await person.visit(origin), '"name":"Alice Adams"', '"email":"alice@example.com"');
    expectShown(await person.visit(`${origin}/service`), '"scope":"orders:read"');
    return 'refreshed; name and e-mail of userinfo; revoked; a token for a service';
  },
});
