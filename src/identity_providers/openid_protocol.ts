/**
 * OpenID Connect towards a provider: discovery, the authorization request, and what its response proves (Core section
 * 3.1.3.7, RFC 7636, RFC 9207). The library checks state, nonce, issuer, audience, times and signature; here is what it is
 * given, and what becomes of its errors.
 */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client';
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import { ProviderFault, type ProviderProtocol } from './protocol.ts';
import type { IdentityProvider } from './provider.ts';
import { exchangeMs, faultOf, inTime } from './provider_faults.ts';

/** Metadata is fetched anew when it is so old; where that fails, the old is good for a day. Keys follow by themselves. */
const metadataAge = { freshMs: hourMs, mostMs: 24 * hourMs };

export function createOpenIdProtocol({
  provider,
  fetch,
  clock,
}: {
  provider: IdentityProvider;
  /** Where it may go, how long and how much, is the operator's (`outbound`). */
  fetch: typeof globalThis.fetch;
  clock: Clock;
}): ProviderProtocol {
  let secret: string | undefined;
  let known: { configuration: Configuration; at: number } | undefined;
  let fetching: Promise<Configuration> | undefined;

  const discover = async (): Promise<Configuration> => {
    const issuer = new URL(provider.issuer);
    const isPlain = issuer.protocol === 'http:';
    const configuration = await discovery(
      ...([issuer, provider.clientId, undefined, authenticate(() => secret)] as const),
      {
        ...{ [customFetch]: fetch as never, timeout: exchangeMs / 1000 },
        execute: [enableNonRepudiationChecks, ...(isPlain ? [allowInsecureRequests] : [])],
      },
    );
    known = { configuration, at: clock.now() };
    return configuration;
  };

  const refreshed = () => {
    fetching ??= discover().finally(() => {
      fetching = undefined;
    });
    return fetching;
  };

  const current = async (): Promise<Configuration> => {
    const age = known ? clock.now() - known.at : Number.POSITIVE_INFINITY;
    if (known && age < metadataAge.freshMs) return known.configuration;
    try {
      return await refreshed();
    } catch (error) {
      if (known && age < metadataAge.mostMs) return known.configuration;
      throw faultOf(error, 'unavailable');
    }
  };

  const exchange: ProviderProtocol['exchange'] = async (callback, { state, nonce, verifier }) => {
    const configuration = await current();
    secret = await provider.secretAt(clock.now());
    const tokens = await authorizationCodeGrant(configuration, callback, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
      idTokenExpected: true,
    });
    const signed = tokens.claims();
    if (!signed) throw new ProviderFault('failed', 'there is no ID token');
    if (!provider.isIssuerOf(signed.iss, signed)) {
      throw new ProviderFault('failed', `an ID token of ${signed.iss}`);
    }
    const { userinfo_endpoint: hasMore } = configuration.serverMetadata();
    const told = hasMore
      ? await fetchUserInfo(configuration, tokens.access_token, signed.sub)
      : undefined;
    const beside = provider.claimsBeside(callback.searchParams);
    return {
      ...{ issuer: signed.iss, subject: signed.sub, claims: { ...beside, ...told, ...signed } },
      signIn: { acr: signed.acr, amr: signed.amr, authTime: signed.auth_time },
    };
  };

  const authorizationUrl: ProviderProtocol['authorizationUrl'] = async (wish) => {
    const { redirectUri, state, nonce, verifier, loginHint, maxAge, isChoice, uiLocales } = wish;
    const configuration = await current();
    const prompt = maxAge === 0 ? 'login' : isChoice && choice(configuration);
    const url = buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: redirectUri, scope: provider.scope, state, nonce },
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(provider.responseMode && { response_mode: provider.responseMode }),
      ...(loginHint && { login_hint: loginHint }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
      ...(prompt && { prompt }),
      ...(uiLocales && { ui_locales: uiLocales }),
    });
    const isPlain = url.protocol === 'http:' && provider.issuer.startsWith('http:');
    if (url.protocol === 'https:' || isPlain) return url;
    throw new ProviderFault('unavailable', 'its authorization_endpoint is no https URL');
  };

  return {
    // The library throws where the metadata name no endpoint that can be gone to.
    authorizationUrl: (wish) =>
      authorizationUrl(wish).catch((error: unknown) => {
        throw faultOf(error, 'unavailable');
      }),
    exchange: (callback, expected) => inTime(exchange(callback, expected)),
  };
}

/** Undefined where the metadata say that it is not supported (Initiating User Registration section 3.1). */
function choice(configuration: Configuration): string | undefined {
  const { prompt_values_supported: supported } = configuration.serverMetadata();
  const value = 'select_account';
  return !Array.isArray(supported) || supported.includes(value) ? value : undefined;
}

/** HTTP Basic unless it only takes something else (Discovery section 3). */
function authenticate(secret: () => string | undefined): ClientAuth {
  return (server, ...more) => {
    const value = secret();
    const { token_endpoint_auth_methods_supported: methods } = server;
    const isBasic = !methods || methods.includes('client_secret_basic');
    const method =
      value === undefined ? None() : isBasic ? ClientSecretBasic(value) : ClientSecretPost(value);
    method(server, ...more);
  };
}
