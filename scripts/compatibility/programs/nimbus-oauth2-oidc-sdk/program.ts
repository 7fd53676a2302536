import assert from 'node:assert/strict';
import { buildClasses, startClass } from '../../installing/maven.ts';
import { scriptApp } from '../../kinds/script_app.ts';

export const program = scriptApp({
  name: 'Nimbus OAuth 2.0 SDK',
  registry: 'Maven',
  version: '11.39',
  flow: 'code + PKCE, nonce, refresh, userinfo',
  settings: '',
  clientId: 'nimbus-oauth2-oidc-sdk',
  callback: '/callback',
  install: buildClasses,
  command: () => startClass('SignIn'),
  async use(runWith, person) {
    const { url } = await person.visit((await runWith()).trim());
    const [idToken = '', userinfo = ''] = (await runWith(url)).split('\n');
    for (const claims of [idToken, userinfo]) {
      assert.match(claims, /"name":"Alice Adams"/);
      assert.match(claims, /"groups":\["dev","ops"\]/);
    }
    return 'name, e-mail and groups of ID token and userinfo; refreshed';
  },
});
