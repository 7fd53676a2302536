import { djangoCommand, djangoSettings, installPackages } from '../../installing/python.ts';
import { webApp } from '../../kinds/web_app.ts';
import { expectShown } from '../../pages.ts';

export const program = webApp({
  name: 'mozilla-django-oidc',
  registry: 'PyPI',
  version: '5.0.2',
  flow: 'code + PKCE, userinfo, RP-initiated logout',
  settings:
    'in the program: `OIDC_USE_PKCE`, `OIDC_TOKEN_USE_BASIC_AUTH`, `OIDC_RP_SIGN_ALGO` `RS256`',
  clientId: 'mozilla-django-oidc',
  callback: '/oidc/callback/',
  goodbye: '/signed-out',
  install: installPackages,
  command: djangoCommand,
  env: djangoSettings,
  async use({ origin }, person) {
    const cancelled = await person.visit(`${origin}/oidc/callback/?error=access_denied`);
    expectShown(cancelled, 'You are signed out');
    const home = await person.visit(`${origin}/`);
    expectShown(home, 'Alice Adams, alice@example.com', 'dev', 'ops');
    expectShown(await person.submit(home, /logout/), 'You are signed out');
    return 'name, e-mail and groups of userinfo shown; signed out at both';
  },
});
