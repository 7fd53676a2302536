import { createServer } from 'node:http';
import * as arctic from 'arctic';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const client = new arctic.OAuth2Client(CLIENT_ID, CLIENT_SECRET, `${ORIGIN}/callback`);
const scopes = ['openid', 'profile', 'email', 'groups'];
// Of the one sign-in that is under way; an app keeps them in cookies.
const state = arctic.generateState();
const codeVerifier = arctic.generateCodeVerifier();

const routes = {
  '/': () => ({
    location: client.createAuthorizationURLWithPKCE(
      `${ISSUER}/authorize`,
      state,
      arctic.CodeChallengeMethod.S256,
      codeVerifier,
      scopes,
    ),
  }),
  async '/callback'({ searchParams }) {
    if (searchParams.get('state') !== state) throw new Error('another state');
    const code = searchParams.get('code');
    const tokens = await client.validateAuthorizationCode(`${ISSUER}/token`, code, codeVerifier);
    const refreshed = await client.refreshAccessToken(
      `${ISSUER}/token`,
      tokens.refreshToken(),
      scopes,
    );
    await client.revokeToken(`${ISSUER}/revoke`, refreshed.accessToken());
    return arctic.decodeIdToken(tokens.idToken());
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, ORIGIN);
  try {
    const { location, ...shown } = (await routes[url.pathname]?.(url)) ?? {};
    if (location) response.writeHead(302, { location: String(location) }).end();
    else response.end(JSON.stringify(shown));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
