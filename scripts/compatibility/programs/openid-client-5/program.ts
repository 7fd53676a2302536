import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'openid-client 5',
  package: 'openid-client',
  manifest,
  flow: 'code + PKCE, refresh, userinfo, introspection, revocation',
  settings: '',
  callback: '/callback',
  async use({ origin }, person) {
    const callback = await person.visit(origin);
    expectShown(callback, '"name":"Alice Adams"', '"groups":["dev","ops"]', '"active":true');
    return 'name, e-mail and groups in ID token and userinfo; refreshed; introspected; revoked';
  },
});
