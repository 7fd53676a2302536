import { createServer } from 'node:http';
import { generateCodeVerifier, OAuth2Client } from '@badgateway/oauth2-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const client = new OAuth2Client({
  server: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  discoveryEndpoint: '/.well-known/oauth-authorization-server',
});
const redirectUri = `${ORIGIN}/callback`;
// Of the one sign-in that is under way; an app keeps them in the session of the browser.
const codeVerifier = await generateCodeVerifier();
const state = crypto.randomUUID();

const routes = {
  async '/'() {
    const scope = ['openid', 'profile', 'email'];
    return {
      location: await client.authorizationCode.getAuthorizeUri({
        ...{ redirectUri, state, codeVerifier, scope },
      }),
    };
  },
  async '/callback'(url) {
    const token = await client.authorizationCode.getTokenFromCodeRedirect(url, {
      ...{ redirectUri, state, codeVerifier },
    });
    const refreshed = await client.refreshToken(token);
    const introspected = await client.introspect(refreshed);
    const headers = { authorization: `Bearer ${refreshed.accessToken}` };
    const userinfo = await (await fetch(`${ISSUER}/userinfo`, { headers })).json();
    await client.revoke(refreshed);
    return { userinfo, introspected };
  },
  '/service': () => client.clientCredentials({ scope: ['orders:read'] }),
};

createServer(async (request, response) => {
  const url = new URL(request.url, ORIGIN);
  try {
    const { location, ...shown } = (await routes[url.pathname]?.(url)) ?? {};
    if (location) response.writeHead(302, { location }).end();
    else response.end(JSON.stringify(shown));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
