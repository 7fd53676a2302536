import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Auth.js (@auth/express)',
  package: '@auth/express',
  manifest,
  flow: 'code + PKCE, default OIDC provider',
  settings: '',
  callback: '/auth/callback/cardea',
  async use({ origin }, person) {
    const providers = await person.visit(`${origin}/auth/signin`);
    await person.submit(providers, /\/auth\/signin\/cardea$/);
    const page = await person.visit(origin);
    expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"');
    return 'name and e-mail of the session shown';
  },
});
