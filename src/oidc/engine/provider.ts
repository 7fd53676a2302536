/**
 * Builds the library's Provider from everything in this room. The configuration reads as the list of what
 * Cardea offers and how strictly; behaviour lives in the files it names.
 */
import {
  type AccessToken,
  type Adapter,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import type { ApiRegistry } from '../../apis/room.ts';
import type { Authenticators, Requirements } from '../../authentication/room.ts';
import { type Clock, epochSeconds } from '../../clock.ts';
import type { Declaration } from '../../config/schema/declaration.ts';
import { acrValues } from '../../definitions/authentication.ts';
import { lifetimes } from '../../definitions/lifetimes.ts';
import { serverLimits } from '../../definitions/limits.ts';
import { locales } from '../../definitions/locales.ts';
import {
  authMethods,
  clientAlgorithms,
  proofAlgorithms,
  subjectTypes,
  tokenExchange,
} from '../../definitions/oauth.ts';
import { day } from '../../definitions/units.ts';
import type { PersonScopes } from '../../scopes/room.ts';
import type { Sign, SigningKey } from '../../signing_keys/room.ts';
import { createMetadataPolicy, ownMetadata } from '../clients/client_metadata.ts';
import { clientBasedCORS } from '../endpoints/cross_origin.ts';
import { createInteractionPolicy } from '../endpoints/interaction_policy.ts';
import type { LibraryPages } from '../endpoints/library_pages.ts';
import { assertRequestObject } from '../endpoints/request_objects.ts';
import { checkClaimsParameter } from '../grants/claim_requests.ts';
import type { Resources } from '../grants/resources.ts';
import type { TokenClaims } from '../grants/token_claims.ts';
import type { BrowserBinding } from '../guards/browser_binding.ts';
import { kinds, kindsWhere } from '../records/kinds.ts';
import { createSessionLifetime } from '../records/lifetimes.ts';
import type { Restarts } from '../restarts/restart_tokens.ts';
import { type OverrideDependencies, overrideLibrary } from './overrides.ts';
import { programPaths, programUrl } from './program_context.ts';
import { toLibraryKeys } from './signing_keys.ts';

export type ProviderDependencies = OverrideDependencies & {
  issuer: string;
  /** Path of the issuer without a trailing slash; empty at the root. */
  basePath: string;
  declaration: Declaration;
  adapterFor: (model: string) => Adapter;
  findAccount: NonNullable<Configuration['findAccount']>;
  loadExistingGrant: NonNullable<Configuration['loadExistingGrant']>;
  pairwiseIdentifier: NonNullable<Configuration['pairwiseIdentifier']>;
  apis: ApiRegistry;
  scopes: PersonScopes;
  resources: Resources;
  tokenClaims: TokenClaims;
  pages: LibraryPages;
  cookieKeys: string[];
  beginInteraction: BrowserBinding['begin'];
  restarts: Pick<Restarts, 'ofInteraction'>;
  requirements: Requirements;
  authenticators: Pick<Authenticators, 'find'>;
  dpopNonceSecret: Buffer;
  requireDpopNonce: (ctx: KoaContextWithOIDC) => boolean;
  fetch: typeof globalThis.fetch;
  algorithm: string;
  sign: Sign;
  clock: Clock;
};

/** Seconds that a client's assertion may live. */
const longestAssertion = day;
/** Characters, as the page shows it that a device's user confirms on. */
const longestUserAgent = 200;

export const resumeCookieName = 'cardea_resume';

/** Beneath a path the cookie stays there, so that no other application of the host is sent it. */
export function sessionCookieName(issuer: string, basePath: string): string {
  const isHosts = issuer.startsWith('https:') && basePath === '';
  return isHosts ? '__Host-cardea_session' : 'cardea_session';
}

/**
 * What discovery says of `prompt`. A request with `create` is always answered; to name it says that people can register
 * themselves (Initiating User Registration via OpenID Connect 1.0 section 4.2).
 */
const promptsWith = (isRegistrationOpen: boolean) => [
  ...['none', 'login', 'consent', 'select_account'],
  ...(isRegistrationOpen ? ['create'] : []),
];
/** Clients may be registered for them; programs/ serves them. */
const programGrants = ['client_credentials', tokenExchange];
const servedElsewhere = () => {
  throw new Error("this grant is not the engine's");
};

const lifetimesByKind = {
  ...Object.fromEntries(
    kindsWhere(({ lives }) => !['given', 'configured'].includes(String(lives.seconds))).map(
      (kind) => [kind, kinds[kind].lives.seconds],
    ),
  ),
  IdToken: lifetimes.idToken,
} as NonNullable<Configuration['ttl']>;

/** `keys`: in the order of preference for signing; all of them verify. */
export function createProvider(
  dependencies: ProviderDependencies,
  keys: readonly SigningKey[],
): Provider {
  const { issuer, basePath, declaration, pages, resources, tokenClaims } = dependencies;
  const { dynamic_registration: registration } = declaration;
  const secure = issuer.startsWith('https:');
  const cookies = { signed: true, httpOnly: true, sameSite: 'lax', secure } as const;

  const configuration: Configuration = {
    adapter: dependencies.adapterFor,
    jwks: toLibraryKeys(keys, dependencies.sign),
    findAccount: dependencies.findAccount,
    loadExistingGrant: dependencies.loadExistingGrant,
    ttl: {
      ...lifetimesByKind,
      Session: createSessionLifetime({
        ...{ sessions: declaration.sign_in.sessions, clock: dependencies.clock },
      }),
    },

    scopes: [...dependencies.scopes.names],
    claims: {
      iss: null,
      sid: null,
      // How and when a person signed in is told in every ID token, not only on request.
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      ...Object.fromEntries(
        Object.entries(dependencies.scopes.claims).map(([scope, claims]) => [scope, [...claims]]),
      ),
    },
    // Every client gets them, with an API or without; id_token_claims can leave them out (accounts.ts).
    conformIdTokenClaims: false,
    acrValues: [...acrValues],
    subjectTypes: [...subjectTypes],
    pairwiseIdentifier: dependencies.pairwiseIdentifier,
    discovery: {
      ui_locales_supported: [...locales],
      prompt_values_supported: promptsWith(declaration.registration.mode === 'open'),
      frontchannel_logout_supported: true,
      frontchannel_logout_session_supported: true,
      // Cardea keeps documents itself (clients/documents/); the library's feature would keep them for each process.
      ...(declaration.client_id_metadata.enabled && {
        client_id_metadata_document_supported: true,
      }),
      // draft-ietf-oauth-status-list-21 section 9.1
      status_list_aggregation_endpoint: `${issuer.replace(/\/$/, '')}/status-lists`,
      introspection_endpoint: programUrl(issuer, 'introspection'),
      revocation_endpoint: programUrl(issuer, 'revocation'),
    },

    // Declared clients have `code` only. OpenID Connect Core 15.2 asks for the others of a server that lets
    // clients register themselves, RFC 9700 section 2.1.2 advises against them: the operator's choice.
    responseTypes:
      registration.enabled && registration.implicit
        ? ['code', 'id_token', 'id_token token']
        : ['code'],
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: {
      required: (_ctx, client) =>
        client.require_pkce !== false ||
        client.clientAuthMethod === 'none' ||
        client.profile === 'fapi2',
    },
    clientAuthMethods: [...authMethods],
    clientDefaults: {
      id_token_signed_response_alg: dependencies.algorithm as 'RS256',
      authorization_signed_response_alg: dependencies.algorithm as 'RS256',
    },
    enabledJWA: {
      clientAuthSigningAlgValues: [...clientAlgorithms],
      idTokenSigningAlgValues: [...clientAlgorithms],
      userinfoSigningAlgValues: [...clientAlgorithms],
      authorizationSigningAlgValues: [...clientAlgorithms],
      requestObjectSigningAlgValues: [...clientAlgorithms],
      dPoPSigningAlgValues: [...proofAlgorithms],
    },
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header, client) => {
      // RFC 7523 section 3: its jti is remembered until it expires.
      if (Number(claims.exp) > epochSeconds(dependencies.clock) + longestAssertion) {
        throw new errors.InvalidClientAuth('client assertion expires too late');
      }
      if (client.profile !== 'fapi2') return;
      // FAPI 2.0 Security Profile 5.3.2.1 (audience) and 5.4.1 (algorithms).
      if (claims.aud !== ctx.oidc.issuer || header.alg === 'RS256') {
        throw new errors.InvalidClientAuth('client assertion does not meet FAPI 2.0');
      }
    },
    extraClientMetadata: {
      properties: [...ownMetadata],
      validator: createMetadataPolicy(declaration, dependencies.scopes),
    },
    clientBasedCORS,
    fetch: dependencies.fetch,
    fetchResponseBodyLimits: {
      jwks_uri: serverLimits.outboundBody,
      sector_identifier_uri: serverLimits.outboundBody,
    },

    // A client that is registered for refresh tokens gets one; offline_access lets it outlive the session.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async (_ctx, source) => !source.scopes.has('offline_access'),
    // FAPI 2.0 Security Profile 5.3.2.1: sender-constrained refresh tokens are not rotated.
    rotateRefreshToken: async (ctx) => ctx.oidc.client?.profile !== 'fapi2',
    // A grant is a person's consent; what ends tokens does not take it back.
    revokeGrantPolicy: async () => false,
    extraTokenClaims: async (ctx, token) => tokenClaims.extra(ctx, token as AccessToken),
    formats: {
      customizers: {
        jwt: (_ctx, token, jwt) => tokenClaims.customize(token as AccessToken, jwt),
      },
    },

    cookies: {
      keys: dependencies.cookieKeys,
      names: {
        session: sessionCookieName(issuer, basePath),
        interaction: 'cardea_interaction',
        resume: resumeCookieName,
      },
      long: { ...cookies, path: basePath || '/' },
      short: cookies,
    },
    interactions: {
      policy: createInteractionPolicy(dependencies),
      url: (ctx, interaction) => {
        dependencies.beginInteraction(ctx, interaction.uid);
        const restart = dependencies.restarts.ofInteraction(interaction);
        return `${basePath}/interaction/${interaction.uid}?restart=${restart}`;
      },
    },
    renderError: pages.renderError,
    routes: {
      authorization: '/authorize',
      code_verification: '/device',
      device_authorization: '/device_authorization',
      end_session: '/logout',
      jwks: '/.well-known/jwks.json',
      pushed_authorization_request: '/par',
      registration: '/register',
      token: programPaths.token,
      userinfo: '/userinfo',
    },

    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      claimsParameter: {
        enabled: true,
        assertClaimsParameter: async (_ctx, claims) => checkClaimsParameter(claims),
      },
      deviceFlow: {
        enabled: true,
        deviceInfo: (ctx) => ({ ip: ctx.ip, ua: ctx.get('User-Agent').slice(0, longestUserAgent) }),
        userCodeInputSource: pages.userCodeInputSource,
        userCodeConfirmSource: pages.userCodeConfirmSource,
        successSource: pages.successSource,
      },
      dPoP: {
        enabled: true,
        nonceSecret: dependencies.dpopNonceSecret,
        requireNonce: dependencies.requireDpopNonce,
      },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      fapi: {
        enabled: true,
        profile: (_ctx: KoaContextWithOIDC, client) =>
          client?.profile === 'fapi2' ? '2.0' : undefined,
      },
      jwtResponseModes: { enabled: true },
      jwtUserinfo: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      ...(registration.enabled && {
        registration: {
          enabled: true,
          // Where registration is open, one that is sent still counts: engine/overrides.ts.
          initialAccessToken: true,
          // Strangers leave one record, not two.
          issueRegistrationAccessToken: (ctx) => Boolean(ctx.oidc.entities.InitialAccessToken),
        },
        registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
      }),
      // Documents are for many servers, and leave choices to each (clients/documents/read_document.ts).
      rpMetadataChoices: { enabled: declaration.client_id_metadata.enabled },
      requestObjects: { enabled: true, assertJwtClaimsAndHeader: assertRequestObject },
      resourceIndicators: { enabled: true, ...resources },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.logoutSource,
        postLogoutSuccessSource: pages.postLogoutSuccessSource,
      },
      userinfo: { enabled: true },
    },
  };
  const provider = new Provider(issuer, configuration);
  for (const grantType of programGrants) provider.registerGrantType(grantType, servedElsewhere);
  overrideLibrary(provider, dependencies);
  return provider;
}
