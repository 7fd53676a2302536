import { npmApp } from '../../npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'express-openid-connect',
  package: 'express-openid-connect',
  manifest,
  flow: 'code + PKCE, sign-out',
  settings: "in the program: `response_type: 'code'`",
  callback: '/callback',
  async use({ origin }, person) {
    const profile = await person.visit(`${origin}/profile`);
    expectShown(profile, '"name":"Alice Adams"', '"email":"alice@example.com"', '["dev","ops"]');
    expectShown(await person.visit(`${origin}/logout`), 'Signed out');
    return 'name, e-mail and groups shown; signed out of both';
  },
});
