import { djangoCommand, djangoSettings, installPackages } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'django-allauth',
  registry: 'PyPI',
  version: '65.22.1',
  flow: 'code + PKCE, userinfo',
  settings: 'in the program: `OAUTH_PKCE_ENABLED`, `token_auth_method`',
  clientId: 'django-allauth',
  callback: '/accounts/oidc/cardea/login/callback/',
  install: installPackages,
  command: djangoCommand,
  env: djangoSettings,
  async use({ origin }, person) {
    const question = await person.visit(`${origin}/accounts/oidc/cardea/login/`);
    const home = await person.submit(question, /^$/);
    expectShown(home, 'Alice Adams, alice@example.com', 'dev', 'ops');
    return 'name, e-mail and groups of userinfo shown';
  },
});
