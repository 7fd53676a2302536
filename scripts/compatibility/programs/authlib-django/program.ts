import { djangoCommand, djangoSettings, installPackages } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';
import { ordersApi } from '../../surroundings/orders_api.ts';

const orders = await ordersApi('authlib-django');

export const program = webApp({
  name: 'Authlib (Django)',
  registry: 'PyPI',
  version: '1.9.10',
  flow: 'code + PKCE, refresh, RP-initiated logout',
  settings: 'in the program: `code_challenge_method` in `client_kwargs`',
  clientId: 'authlib-django',
  callback: '/callback',
  goodbye: '/signed-out',
  orders,
  env: djangoSettings,
  install: installPackages,
  command: djangoCommand,
  async use(place, person) {
    const cancelled = await person.visit(`${place.origin}/callback?error=access_denied`);
    expectShown(cancelled, 'You are signed out');
    const home = await person.visit(`${place.origin}/`);
    expectShown(home, 'Alice Adams, alice@example.com', 'dev', 'ops');
    await orders.expectRefreshed(place, person);
    expectShown(await person.submit(home, /sign-out/), 'You are signed out');
    return 'name, e-mail and groups of the ID token shown; refreshed; signed out at both';
  },
});
