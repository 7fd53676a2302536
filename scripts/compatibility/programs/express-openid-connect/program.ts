import { installVerifier } from '../../installing/verifier.ts';
import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { apiUrl, withApi } from '../../surroundings/local_api.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'express-openid-connect',
  package: 'express-openid-connect',
  manifest,
  flow: 'code + PKCE, call of an API, sign-out',
  settings: "in the program: `response_type: 'code'`",
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
      const profile = await person.visit(`${origin}/profile`);
      expectShown(profile, '"name":"Alice Adams"', '"email":"alice@example.com"', '["dev","ops"]');
      expectShown(await person.visit(`${origin}/orders`), '"for":"express-openid-connect-3"');
      expectShown(await person.visit(`${origin}/logout`), 'Signed out');
      return 'name, e-mail and groups shown; API called; signed out of both';
    }),
});
