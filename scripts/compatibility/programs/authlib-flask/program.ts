import { installPackages, pythonCommand } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';
import { ordersApi } from '../../surroundings/orders_api.ts';

const orders = await ordersApi('authlib-flask');

export const program = webApp({
  name: 'Authlib (Flask)',
  registry: 'PyPI',
  version: '1.9.10',
  flow: 'code + PKCE, refresh, RP-initiated logout',
  settings: 'in the program: `code_challenge_method` in `client_kwargs`',
  clientId: 'authlib-flask',
  callback: '/callback',
  orders,
  install: installPackages,
  command: (place) => pythonCommand(place, '-m', 'flask', 'run', '--port', String(place.port)),
  async use(place, person) {
    expectShown(await person.visit(`${place.origin}/callback?error=access_denied`), 'Sign in');
    const home = await person.visit(`${place.origin}/sign-in`);
    expectShown(home, 'Alice Adams, alice@example.com', 'dev, ops');
    await orders.expectRefreshed(place, person);
    expectShown(await person.submit(home, /sign-out/), 'Sign in');
    return 'name, e-mail and groups of the ID token shown; refreshed; signed out at both';
  },
});
