import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT, SESSION_SECRET } = process.env;

const auth = betterAuth({
  baseURL: ORIGIN,
  secret: SESSION_SECRET,
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'cardea',
          discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          scopes: ['openid', 'profile', 'email'],
        },
      ],
    }),
  ],
});
const handle = toNodeHandler(auth);

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, ORIGIN);
  if (pathname.startsWith('/api/auth/')) return handle(request, response);
  if (pathname === '/login') {
    // What better-auth's client does in the browser.
    const answer = await auth.api.signInSocial({
      body: { provider: 'cardea', callbackURL: '/' },
      headers: fromNodeHeaders(request.headers),
      asResponse: true,
    });
    const { url } = await answer.json();
    response.writeHead(302, { location: url, 'set-cookie': answer.headers.getSetCookie() });
    return response.end();
  }
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  response.end(JSON.stringify(session?.user ?? null));
}).listen(Number(PORT), '127.0.0.1');
