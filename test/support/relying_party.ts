/**
 * A client app as people build them: openid-client, with the checks it makes by default.
 */
import * as openid from 'openid-client';
import { type Choices, walkToClient } from '../../harness/sign_in.ts';
import { createUserAgent, type UserAgent } from '../../harness/user_agent.ts';

type SignInOptions = Choices & {
  agent?: UserAgent;
  /** Of the authorization request, besides what every request has. */
  parameters?: Record<string, string>;
  /** How long ago the person may have signed in; checked by the client, seconds. */
  maxAge?: number;
  dpop?: openid.DPoPHandle;
};

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>;
export type SignedIn = { tokens: Tokens; callback: URL; agent: UserAgent };

export type RelyingParty = {
  config: openid.Configuration;
  redirectUri: string;
  /** From the authorization request to the tokens, with PKCE, state and nonce. */
  signIn(options?: SignInOptions): Promise<SignedIn>;
};

export type RelyingPartyOptions = {
  issuer: string;
  clientId: string;
  redirectUri?: string;
  /** Default: a public client. */
  authentication?: openid.ClientAuth;
  /** What the client expects of its tokens, for example `id_token_signed_response_alg`. */
  metadata?: Partial<openid.ClientMetadata>;
};

export const callbackUri = 'https://app.example/callback';

export async function createRelyingParty({
  issuer,
  clientId,
  redirectUri = callbackUri,
  authentication = openid.None(),
  metadata = {},
}: RelyingPartyOptions): Promise<RelyingParty> {
  const config = await openid.discovery(new URL(issuer), clientId, metadata, authentication, {
    execute: [openid.allowInsecureRequests],
  });
  return {
    config,
    redirectUri,
    async signIn({ agent = createUserAgent(), parameters = {}, maxAge, dpop, ...choices } = {}) {
      const verifier = openid.randomPKCECodeVerifier();
      const isOpenId = (parameters.scope ?? 'openid').split(' ').includes('openid');
      const expected = {
        expectedState: openid.randomState(),
        ...(isOpenId && { expectedNonce: openid.randomNonce() }),
      };
      const request = {
        scope: 'openid',
        redirect_uri: redirectUri,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: expected.expectedState,
        ...(expected.expectedNonce && { nonce: expected.expectedNonce }),
        ...(maxAge !== undefined && { max_age: String(maxAge) }),
        ...parameters,
      };
      const url = config.serverMetadata().require_pushed_authorization_requests
        ? await openid.buildAuthorizationUrlWithPAR(config, request)
        : openid.buildAuthorizationUrl(config, request);
      const callback = await walkToClient(agent, url, redirectUri, choices);
      const tokens = await openid.authorizationCodeGrant(
        config,
        callback,
        { pkceCodeVerifier: verifier, ...expected, ...(maxAge !== undefined && { maxAge }) },
        undefined,
        dpop && { DPoP: dpop },
      );
      return { tokens, callback, agent };
    },
  };
}
