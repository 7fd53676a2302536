import { npmApp } from '../../kinds/npm_app.ts';
import manifest from './app/package.json' with { type: 'json' };

/** As AppAuth logs it before it opens the browser. */
const authorizationUrl = /^\} (http:\/\/\S+)$/m;

export const program = npmApp({
  name: 'AppAuth for JS (Node.js)',
  package: '@openid/appauth',
  manifest,
  flow: 'native app: code + PKCE, refresh, userinfo, revocation',
  settings: '',
  callback: '/',
  client: {
    token_endpoint_auth_method: 'none',
    client_secret: undefined,
    application_type: 'native',
  },
  // Its files import each other without extensions, which Node.js alone does not resolve.
  command: () => ['npx', 'tsx', 'main.js'],
  env: () => ({ PATH: `bin:${process.env.PATH}` }),
  ready: authorizationUrl,
  async use(_place, person, app) {
    const [, opened = ''] = await app.says(authorizationUrl);
    const page = await person.visit(opened);
    if (!page.body.includes('Close your browser')) throw new Error(`no app answers at ${page.url}`);
    await app.says(/userinfo: .*"name":"Alice Adams"/);
    await app.says(/revoked: true/);
    return 'name and e-mail of userinfo; refreshed; revoked';
  },
});
