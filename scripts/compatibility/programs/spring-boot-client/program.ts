import { buildJar, startJar } from '../../maven.ts';
import { ordersApi } from '../../orders_api.ts';
import { expectShown } from '../../pages.ts';
import { webApp } from '../../web_app.ts';

const orders = await ordersApi('spring-boot-client');

export const program = webApp({
  name: 'Spring Boot (OAuth 2.0 client)',
  registry: 'Maven',
  version: '4.1.2',
  flow: 'code + PKCE, refresh, RP-initiated logout',
  settings: '',
  clientId: 'spring-boot-client',
  callback: '/login/oauth2/code/cardea',
  goodbye: '/goodbye',
  orders,
  install: buildJar,
  command: startJar,
  async use(place, person) {
    const { origin } = place;
    expectShown(await person.visit(`${origin}/`), 'Alice Adams, alice@example.com', 'dev, ops');
    await orders.expectRefreshed(place, person);
    const left = await person.submit(await person.visit(`${origin}/logout`), /logout/);
    expectShown(left, 'You are signed out');
    return 'name, e-mail and groups of the ID token shown; refreshed; signed out at both';
  },
});
