import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: '@hono/oidc-auth',
  package: '@hono/oidc-auth',
  manifest,
  flow: 'code + PKCE, revocation',
  settings: '',
  callback: '/callback',
  async use({ origin }, person) {
    expectShown(await person.visit(origin), '"email":"alice@example.com"');
    expectShown(await person.visit(`${origin}/logout`), 'Signed out');
    return 'e-mail shown; refresh token revoked at the sign-out of the app';
  },
});
