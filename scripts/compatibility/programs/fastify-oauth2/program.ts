import { npmApp } from '../../npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: '@fastify/oauth2',
  package: '@fastify/oauth2',
  manifest,
  flow: 'code + PKCE, refresh, userinfo',
  settings: '',
  callback: '/callback',
  async use({ origin }, person) {
    const page = await person.visit(`${origin}/login`);
    expectShown(page, '"name":"Alice Adams"', '"email":"alice@example.com"', '["dev","ops"]');
    return 'refreshed; name, e-mail and groups of userinfo shown';
  },
});
