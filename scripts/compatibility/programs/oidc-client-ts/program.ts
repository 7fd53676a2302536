import { inBrowser } from '../../browser_person.ts';
import { npmApp } from '../../kinds/npm_app.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'oidc-client-ts',
  package: 'oidc-client-ts',
  manifest,
  flow: 'single-page app: code + PKCE, refresh, userinfo, sign-out',
  settings: '',
  callback: '/',
  client: { token_endpoint_auth_method: 'none', client_secret: undefined },
  use: ({ origin }, person) =>
    inBrowser(person, origin, async ({ page, signIn, see }) => {
      await page.goto(origin);
      await signIn('#sign-in');
      await see('Alice Adams, alice@example.com, dev,ops');
      await page.click('#renew');
      await see('Renewed: Alice Adams');
      await page.click('#sign-out');
      await see('Signed out');
      return 'in Chromium: name, e-mail and groups shown; renewed; signed out of both';
    }),
});
