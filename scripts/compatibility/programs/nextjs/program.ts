import { inBrowser } from '../../browser_person.ts';
import { npmApp } from '../../kinds/npm_app.ts';
import { run } from '../../processes.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'Next.js with Auth.js (next-auth 5)',
  package: 'next-auth',
  manifest,
  flow: 'code + PKCE, default OIDC provider',
  settings: '',
  // Next.js takes 127.0.0.1 for localhost, but not everywhere.
  host: 'localhost',
  callback: '/api/auth/callback/cardea',
  build: (folder) => run('npx', ['next', 'build'], { folder }),
  command: () => ['npx', 'next', 'start', '--hostname', '127.0.0.1'],
  env: ({ ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, SESSION_SECRET }) => ({
    AUTH_CARDEA_ISSUER: ISSUER,
    AUTH_CARDEA_ID: CLIENT_ID,
    AUTH_CARDEA_SECRET: CLIENT_SECRET,
    AUTH_SECRET: SESSION_SECRET,
    AUTH_URL: ORIGIN,
  }),
  use: ({ origin }, person) =>
    inBrowser(person, origin, async ({ page, signIn, see }) => {
      await page.goto(origin);
      await signIn('text=Sign in');
      await see('Alice Adams, alice@example.com');
      await page.click('text=Sign out');
      await see('Sign in');
      return 'in Chromium: name and e-mail of the session shown; signed out of the app';
    }),
});
