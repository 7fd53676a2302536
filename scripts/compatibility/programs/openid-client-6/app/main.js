// A web server that signs people in, and asks for tokens as a service and as a device does.
import { createServer } from 'node:http';
import * as client from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;

const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  // An issuer on this machine has no certificate.
  execute: ISSUER.startsWith('http:') ? [client.allowInsecureRequests] : [],
});

// Of the one sign-in that is under way; an app keeps them in the session of the browser.
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();

const routes = {
  async '/'() {
    const location = client.buildAuthorizationUrl(config, {
      redirect_uri: `${ORIGIN}/callback`,
      scope: 'openid profile email groups offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    });
    return { location };
  },
  async '/callback'(url) {
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    const tokens = await client.authorizationCodeGrant(config, url, checks);
    const claims = tokens.claims();
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    const userinfo = await client.fetchUserInfo(config, refreshed.access_token, claims.sub);
    return { claims, userinfo, refreshed: refreshed.claims() };
  },
  async '/service'() {
    return client.clientCredentialsGrant(config, { scope: 'orders:read' });
  },
  async '/device'() {
    const started = await client.initiateDeviceAuthorization(config, { scope: 'openid profile' });
    const polling = client.pollDeviceAuthorizationGrant(config, started);
    polling.then(
      (tokens) => console.log(`device of ${tokens.claims().name}`),
      (error) => console.log(`device failed: ${error}`),
    );
    return { location: started.verification_uri_complete };
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, ORIGIN);
  const route = routes[url.pathname];
  try {
    const { location, ...shown } = (await route?.(url)) ?? {};
    if (location) response.writeHead(302, { location: String(location) }).end();
    else response.end(JSON.stringify(shown));
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), '127.0.0.1');
