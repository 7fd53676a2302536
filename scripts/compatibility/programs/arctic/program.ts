import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Arctic',
  package: 'arctic',
  manifest,
  flow: 'code + PKCE, refresh, revocation',
  settings: '',
  callback: '/callback',
  async use({ origin }, person) {
    const page = await person.visit(origin);
    expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"', '["dev","ops"]');
    return 'name, e-mail and groups of the ID token; refreshed; revoked';
  },
});
