// A web server that signs people in.
import { createServer } from 'node:http';
import { generators, Issuer } from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const redirectUri = `${ORIGIN}/callback`;

const issuer = await Issuer.discover(ISSUER);
const client = new issuer.Client({
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  redirect_uris: [redirectUri],
  response_types: ['code'],
});

// Of the one sign-in that is under way; an app keeps them in the session of the browser.
const code_verifier = generators.codeVerifier();
const state = generators.state();
const nonce = generators.nonce();

const routes = {
  '/': () => ({
    location: client.authorizationUrl({
      scope: 'openid profile email groups',
      code_challenge: generators.codeChallenge(code_verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    }),
  }),
  async '/callback'(request) {
    const parameters = client.callbackParams(request);
    const tokens = await client.callback(redirectUri, parameters, { code_verifier, state, nonce });
    const refreshed = await client.refresh(tokens);
    const userinfo = await client.userinfo(refreshed);
    const introspected = await client.introspect(refreshed.access_token);
    await client.revoke(refreshed.refresh_token);
    return { claims: tokens.claims(), userinfo, introspected };
  },
};

createServer(async (request, response) => {
  const route = routes[new URL(request.url, ORIGIN).pathname];
  try {
    const { location, ...shown } = (await route?.(request)) ?? {};
    if (location) response.writeHead(302, { location }).end();
    else response.end(JSON.stringify(shown));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
