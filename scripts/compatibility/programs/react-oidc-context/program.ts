import { inBrowser } from '../../browser_person.ts';
import { installVerifier } from '../../installing/verifier.ts';
import { npmApp } from '../../kinds/npm_app.ts';
import { apiUrl, withApi } from '../../surroundings/local_api.ts';
import { orders } from '../../surroundings/orders.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'React with react-oidc-context (oidc-client-ts)',
  package: 'react-oidc-context',
  manifest,
  flow: 'single-page app: code + PKCE, call of an API, sign-out',
  settings: '',
  callback: '/',
  build: installVerifier,
  apis: [orders],
  client: {
    token_endpoint_auth_method: 'none',
    client_secret: undefined,
    scope: 'openid profile email groups orders:read',
  },
  command: ({ port }) => [
    'npx',
    'vite',
    '--host',
    '127.0.0.1',
    '--strictPort',
    '--port',
    `${port}`,
  ],
  env: ({ ISSUER, CLIENT_ID }) => ({
    VITE_ISSUER: ISSUER,
    VITE_CLIENT_ID: CLIENT_ID,
    VITE_API: apiUrl,
  }),
  use: (place, person) =>
    withApi(place, () =>
      inBrowser(person, place.origin, async ({ page, signIn, see }) => {
        await page.goto(`${place.origin}/?error=access_denied&state=spent`);
        await see('Sign in');
        await page.goto(place.origin);
        await signIn('text=Sign in');
        await see('Alice Adams, alice@example.com, dev ops');
        await page.click('text=Load orders');
        await see('"for":"react-oidc-context-3"');
        await page.click('text=Sign out');
        await see('Sign in');
        return 'in Chromium: name, e-mail and groups shown; API called; signed out of both';
      }),
    ),
});
