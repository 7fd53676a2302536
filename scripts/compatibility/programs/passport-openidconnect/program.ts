import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Passport (passport-openidconnect)',
  package: 'passport-openidconnect',
  manifest,
  flow: 'code, userinfo',
  settings: 'in Cardea: `require_pkce: false`, `token_endpoint_auth_method: client_secret_post`',
  callback: '/callback',
  client: { require_pkce: false, token_endpoint_auth_method: 'client_secret_post' },
  async use({ origin }, person) {
    const page = await person.visit(`${origin}/login`);
    expectShown(page, '"displayName":"Alice Adams"', '"value":"alice@example.com"');
    return 'name and e-mail of the profile shown';
  },
});
