import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Grant',
  package: 'grant',
  manifest,
  flow: 'code + PKCE, userinfo',
  settings: "in the program: `pkce: true`, `token_endpoint_auth_method: 'client_secret_basic'`",
  callback: '/connect/cardea/callback',
  async use({ origin }, person) {
    const page = await person.visit(`${origin}/connect/cardea`);
    expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"', '"profile":{');
    return 'name and e-mail in ID token and profile';
  },
});
