import { buildClasses, startClass } from '../../installing/maven.ts';
import { webApp } from '../../kinds/web_app.ts';

export const program = webApp({
  name: 'google-oauth-client',
  registry: 'Maven',
  version: '1.39.0',
  flow: 'code + PKCE, refresh, userinfo',
  settings: 'in the program: `enablePKCE`',
  clientId: 'google-oauth-client',
  callback: '/callback',
  install: buildClasses,
  command: () => startClass('SignIn'),
  async use(_place, person, app) {
    const [, url = ''] = await app.says(/^Open (\S+)$/m);
    await person.visit(url);
    await app.says(/"?name"?[:=]"?Alice Adams/);
    return 'name of userinfo; refreshed';
  },
});
