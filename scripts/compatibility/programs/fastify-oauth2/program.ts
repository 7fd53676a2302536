import { installVerifier } from '../../installing/verifier.ts';
import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { apiUrl, withApi } from '../../surroundings/local_api.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: '@fastify/oauth2',
  package: '@fastify/oauth2',
  manifest,
  flow: 'code + PKCE, userinfo, call of an API, sign-out',
  settings: '',
  callback: '/callback',
  build: installVerifier,
  apis: [orders],
  client: { scope: 'openid profile email groups orders:read' },
  env: () => ({ API: apiUrl }),
  use: (place, person) =>
    withApi(place, async () => {
      const { origin } = place;
      const cancelled = await person.visit(`${origin}/callback?error=access_denied`);
      expectShown(cancelled, 'Signed out');
      const page = await person.visit(`${origin}/login`);
      expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"', '["dev","ops"]');
      expectShown(await person.visit(`${origin}/orders`), '"for":"fastify-oauth2-8"');
      expectShown(await person.visit(`${origin}/logout`), 'Signed out');
      return 'name, e-mail and groups of userinfo shown; API called; signed out of both';
    }),
});
