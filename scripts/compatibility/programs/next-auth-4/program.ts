import { npmApp } from '../../kinds/npm_app.ts';
import { expectShown } from '../../pages.ts';
import { run } from '../../processes.ts';
import manifest from './app/package.json' with { type: 'json' };

export const program = npmApp({
  name: 'NextAuth.js 4 (in Next.js 16)',
  package: 'next-auth',
  manifest,
  flow: 'code + PKCE',
  settings: "in the program: `checks: ['pkce', 'state']`",
  callback: '/api/auth/callback/cardea',
  build: (folder) => run('npx', ['next', 'build'], { folder }),
  command: () => ['npx', 'next', 'start', '--hostname', '127.0.0.1'],
  env: ({ ORIGIN, SESSION_SECRET }) => ({ NEXTAUTH_URL: ORIGIN, NEXTAUTH_SECRET: SESSION_SECRET }),
  async use({ origin }, person) {
    const providers = await person.visit(`${origin}/api/auth/signin`);
    await person.submit(providers, /\/signin\/cardea$/);
    expectShown(await person.visit(origin), 'Alice Adams, alice@example.com');
    await person.submit(await person.visit(`${origin}/api/auth/signout`), /\/signout$/);
    expectShown(await person.visit(origin), 'Sign in');
    return 'name and e-mail of the session shown; signed out of the app';
  },
});
