import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Better Auth (generic OAuth)',
  package: 'better-auth',
  manifest,
  flow: 'code + PKCE',
  settings: 'in Cardea: `token_endpoint_auth_method: client_secret_post`',
  callback: '/api/auth/callback/cardea',
  client: { token_endpoint_auth_method: 'client_secret_post' },
  async use({ origin }, person) {
    const page = await person.visit(`${origin}/login`);
    expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"');
    return 'name and e-mail of the session shown';
  },
});
