/**
 * GitHub as a provider: OAuth 2.0 with PKCE, and an API in the place of ID tokens.
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  None,
} from 'openid-client';
import type { Clock } from '../clock.ts';
import { githubClaims, githubMetadata } from './github.ts';
import type { ProviderProtocol } from './protocol.ts';
import type { IdentityProvider } from './provider.ts';
import { exchangeMs, inTime } from './provider_faults.ts';

export function createGitHubProtocol({
  provider,
  fetch,
  clock,
}: {
  provider: IdentityProvider;
  /** Where it may go, how long and how much, is the operator's (`outbound`). */
  fetch: typeof globalThis.fetch;
  clock: Clock;
}): ProviderProtocol {
  const configure = async () => {
    const secret = await provider.secretAt(clock.now());
    const authentication = secret === undefined ? None() : ClientSecretPost(secret);
    const metadata = githubMetadata(provider.issuer);
    const configuration = new Configuration(metadata, provider.clientId, {}, authentication);
    configuration[customFetch] = fetch as never;
    configuration.timeout = exchangeMs / 1000;
    if (provider.issuer.startsWith('http:')) allowInsecureRequests(configuration);
    return configuration;
  };

  const exchange: ProviderProtocol['exchange'] = async (callback, { state, verifier }) => {
    const configuration = await configure();
    const tokens = await authorizationCodeGrant(configuration, callback, {
      ...{ expectedState: state, pkceCodeVerifier: verifier },
    });
    const claims = await githubClaims(configuration, tokens.access_token);
    return { issuer: provider.issuer, subject: claims.sub, claims, signIn: {} };
  };

  return {
    async authorizationUrl({ redirectUri, state, verifier, loginHint, maxAge, isChoice }) {
      return buildAuthorizationUrl(await configure(), {
        ...{ redirect_uri: redirectUri, scope: provider.scope, state },
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(loginHint && { login: loginHint }),
        ...((maxAge === 0 || isChoice) && { prompt: 'select_account' }),
      });
    },

    exchange: (callback, expected) => inTime(exchange(callback, expected)),
  };
}
