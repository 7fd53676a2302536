import { buildJar, startJar } from '../../installing/maven.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'Quarkus (quarkus-oidc)',
  registry: 'Maven',
  version: '3.33.2',
  flow: 'code + PKCE, nonce, RP-initiated logout',
  settings: 'in the program: `pkce-required`',
  clientId: 'quarkus',
  callback: '/',
  goodbye: '/goodbye',
  install: buildJar,
  command: startJar,
  async use({ origin }, person) {
    expectShown(await person.visit(`${origin}/`), 'Alice Adams, alice@example.com', 'dev', 'ops');
    expectShown(await person.visit(`${origin}/sign-out`), 'You are signed out');
    return 'name, e-mail and groups of the ID token shown; signed out at both';
  },
});
