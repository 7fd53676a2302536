import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'client-oauth2',
  package: 'client-oauth2',
  manifest,
  flow: 'code, refresh, userinfo',
  settings: 'in Cardea: `require_pkce: false`',
  callback: '/callback',
  client: { require_pkce: false },
  async use({ origin }, person) {
    expectShown(await person.visit(origin), '"name":"Alice Adams"', '"email":"alice@example.com"');
    return 'refreshed; name and e-mail of userinfo shown';
  },
});
