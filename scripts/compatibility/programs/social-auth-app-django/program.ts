import { djangoCommand, djangoSettings, installPackages } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'social-auth-core (Django)',
  registry: 'PyPI',
  version: '7.0.0',
  flow: 'code + PKCE, userinfo',
  settings: 'in the program: `SOCIAL_AUTH_OIDC_USE_PKCE`',
  clientId: 'social-auth-app-django',
  callback: '/complete/oidc/',
  install: installPackages,
  command: djangoCommand,
  env: djangoSettings,
  async use({ origin }, person) {
    const home = await person.submit(await person.visit(`${origin}/`), /login/);
    expectShown(home, 'Alice Adams, alice@example.com', 'dev', 'ops');
    return 'name, e-mail and groups of userinfo shown';
  },
});
