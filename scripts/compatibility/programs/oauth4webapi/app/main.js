// A web server that signs people in with pushed authorization requests and DPoP-bound tokens.
import { createServer } from 'node:http';
import * as oauth from 'oauth4webapi';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN, PORT } = process.env;
const redirectUri = `${ORIGIN}/callback`;
const client = { client_id: CLIENT_ID };
const clientAuth = oauth.ClientSecretBasic(CLIENT_SECRET);
// An issuer on this machine has no certificate.
const options = { [oauth.allowInsecureRequests]: ISSUER.startsWith('http:') };

const issuer = new URL(ISSUER);
const as = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, options),
);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));

// Of the one sign-in that is under way; an app keeps them in the session of the browser.
const codeVerifier = oauth.generateRandomCodeVerifier();
const expectedState = oauth.generateRandomState();
const expectedNonce = oauth.generateRandomNonce();

const routes = {
  async '/'() {
    const parameters = {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid profile email groups',
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    };
    const answer = await withNonce(() =>
      oauth.pushedAuthorizationRequest(as, client, clientAuth, parameters, { ...options, DPoP }),
    );
    const pushed = await oauth.processPushedAuthorizationResponse(as, client, answer);
    const location = new URL(as.authorization_endpoint);
    location.searchParams.set('client_id', CLIENT_ID);
    location.searchParams.set('request_uri', pushed.request_uri);
    return { location };
  },
  async '/callback'(url) {
    const parameters = oauth.validateAuthResponse(as, client, url, expectedState);
    const bound = { ...options, DPoP };
    const tokens = await withNonce(async () => {
      const answer = await oauth.authorizationCodeGrantRequest(
        ...[as, client, clientAuth, parameters, redirectUri, codeVerifier, bound],
      );
      return oauth.processAuthorizationCodeResponse(as, client, answer, {
        expectedNonce,
        requireIdToken: true,
      });
    });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const userinfo = await withNonce(async () => {
      const answer = await oauth.userInfoRequest(as, client, tokens.access_token, bound);
      return oauth.processUserInfoResponse(as, client, claims.sub, answer);
    });
    return { type: tokens.token_type, claims, userinfo };
  },
};

/** Once more with the server's nonce, where it asks for one. */
async function withNonce(request) {
  try {
    return await request();
  } catch (error) {
    if (oauth.isDPoPNonceError(error)) return request();
    throw error;
  }
}

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
