import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'oauth4webapi',
  package: 'oauth4webapi',
  manifest,
  flow: 'pushed request, code + PKCE, DPoP, userinfo',
  settings: '',
  callback: '/callback',
  async use({ origin }, person) {
    const callback = await person.visit(origin);
    expectShown(callback, '"type":"dpop"', '"name":"Alice Adams"', '"groups":["dev","ops"]');
    return 'name, e-mail and groups in ID token and userinfo; tokens bound to a key';
  },
});
