// A command-line app: opens the system's browser, and listens for its return.
import {
  AuthorizationNotifier,
  AuthorizationRequest,
  AuthorizationServiceConfiguration,
  BaseTokenRequestHandler,
  GRANT_TYPE_AUTHORIZATION_CODE,
  GRANT_TYPE_REFRESH_TOKEN,
  RevokeTokenRequest,
  TokenRequest,
} from '@openid/appauth';
import {
  NodeBasedHandler,
  NodeCrypto,
  NodeRequestor,
} from '@openid/appauth/built/src/node_support/index.js';

const { ISSUER, CLIENT_ID: client_id, ORIGIN, PORT } = process.env;
const redirect_uri = `${ORIGIN}/`;
const requestor = new NodeRequestor();
const tokens = new BaseTokenRequestHandler(requestor);
const handler = new NodeBasedHandler(Number(PORT));
const notifier = new AuthorizationNotifier();
handler.setAuthorizationNotifier(notifier);

const configuration = await AuthorizationServiceConfiguration.fetchFromIssuer(ISSUER, requestor);

notifier.setAuthorizationListener(async (request, response, error) => {
  if (!response) throw error;
  const { refreshToken } = await tokens.performTokenRequest(
    configuration,
    new TokenRequest({
      ...{ client_id, redirect_uri, grant_type: GRANT_TYPE_AUTHORIZATION_CODE },
      code: response.code,
      extras: { code_verifier: request.internal.code_verifier },
    }),
  );
  const { accessToken } = await tokens.performTokenRequest(
    configuration,
    new TokenRequest({
      ...{ client_id, redirect_uri, grant_type: GRANT_TYPE_REFRESH_TOKEN },
      refresh_token: refreshToken,
    }),
  );
  const headers = { authorization: `Bearer ${accessToken}` };
  const userinfo = await fetch(configuration.userInfoEndpoint, { headers });
  console.log(`userinfo: ${await userinfo.text()}`);
  const revocation = new RevokeTokenRequest({ token: accessToken, client_id });
  console.log(`revoked: ${await tokens.performRevokeTokenRequest(configuration, revocation)}`);
});

handler.performAuthorizationRequest(
  configuration,
  new AuthorizationRequest(
    {
      ...{ client_id, redirect_uri, scope: 'openid profile email' },
      response_type: AuthorizationRequest.RESPONSE_TYPE_CODE,
    },
    new NodeCrypto(),
  ),
);
