/**
 * The protocol room. Owns the OAuth 2.0 and OpenID Connect endpoints. What people are part of is served through
 * oidc-provider: how it is configured, what it stores and how, and what it gets wrong that we put right. What programs
 * ask is served here directly (programs/). It does not own who signs in and how (interactions/), what a token is worth
 * later (tokens/), keys (signing_keys/), or clients (clients/).
 */
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import type { ApiKeysRoom, KeyExchange } from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/room.ts';
import type { Audit, RepeatableSink } from '../audit/room.ts';
import type { Authenticators, Requirements } from '../authentication/room.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { ClientUsesRecorder } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { refreshTokenGrace } from '../definitions/lifetimes.ts';
import { hmacSha256 } from '../digests.ts';
import type { PageRenderer } from '../pages/page_renderer.ts';
import type { AccountBudget, NetworkBudget, RegistrationLimits } from '../rate_limits/room.ts';
import type { PersonScopes } from '../scopes/room.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Keyring, PublicJwks, Sign } from '../signing_keys/room.ts';
import type { Store } from '../storage/store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Step } from '../telemetry/tracing/spans.ts';
import type {
  AccessTokenIssuer,
  AccessTokenReader,
  ArePrincipalsActive,
  FollowSigningKeys,
  KillSwitches,
  Revocations,
  StatusAssignment,
} from '../tokens/room.ts';
import { type ClientRegistry, createClientAdapter } from './clients/client_adapter.ts';
import type { ClientBounds } from './clients/client_bounds.ts';
import { createDocumentClients } from './clients/documents/document_clients.ts';
import { createReadDocument } from './clients/documents/read_document.ts';
import { createOutboundReach } from './clients/outbound_reach.ts';
import type { PairwiseSubjects } from './clients/pairwise.ts';
import { createDevicePages, type DevicePage } from './endpoints/device_pages.ts';
import { createNonceRequirement } from './endpoints/dpop_freshness.ts';
import { createEndpoints, type OidcRoutes } from './endpoints/endpoints.ts';
import { createFrontChannelLogout } from './endpoints/front_channel_logout.ts';
import { createLibraryPages } from './endpoints/library_pages.ts';
import { createLivingSignatures } from './endpoints/living_signatures.ts';
import { createOutcomes } from './endpoints/outcomes.ts';
import { createRefusals } from './endpoints/refusals.ts';
import { createSelfSubmittingForms } from './endpoints/self_submitting_forms.ts';
import { createSignOutConfirmation } from './endpoints/sign_out_hints.ts';
import { userinfoAudienceOf } from './endpoints/userinfo_audience.ts';
import { createWellKnown } from './endpoints/well_known.ts';
import { type AccountDirectory, createFindAccount } from './engine/accounts.ts';
import { createProvider, resumeCookieName, sessionCookieName } from './engine/provider.ts';
import { createProviderHost, type KeySource } from './engine/provider_host.ts';
import { currentContext } from './engine/request_slots.ts';
import { createClaimsForApi } from './grants/api_claims.ts';
import { createScopeSettlement } from './grants/asked_scope.ts';
import { createDevicePolling } from './grants/device_polling.ts';
import { createExistingGrants } from './grants/existing_grant.ts';
import { createStrangers } from './grants/public_client_limits.ts';
import { createRedemptionCheck } from './grants/redemption.ts';
import { createResources } from './grants/resources.ts';
import { createTokenClaims } from './grants/token_claims.ts';
import { type BrowserAccounts, createBrowserAccounts } from './guards/browser_accounts.ts';
import { type BrowserBinding, createBrowserBinding } from './guards/browser_binding.ts';
import { redirectPostedRequest } from './guards/posted_requests.ts';
import { createOwnForms } from './guards/same_site_forms.ts';
import { createProgramEndpoints } from './programs/program_endpoints.ts';
import { createProgramRequests } from './programs/program_requests.ts';
import { createRequireProof, type RequireProof } from './programs/resource_proofs.ts';
import { createArtifactAdapter } from './records/adapter.ts';
import { createApiIdentities } from './records/api_identities.ts';
import { createConsumer } from './records/consumption.ts';
import { createRecordOnce } from './records/replay_markers.ts';
import { createStamps } from './records/revocation_stamps.ts';
import { createSessionDevices } from './records/session_device.ts';
import { createSettlement } from './records/settlement.ts';
import { createSuccessorTokens } from './records/successor_tokens.ts';
import { createBegun } from './records/unfinished_records.ts';
import { createRestarts, type Restarts } from './restarts/restart_tokens.ts';
import { createRestartedRequests } from './restarts/restarted_requests.ts';
import { createSealedValues } from './restarts/sealed_values.ts';
import { createWayOn } from './restarts/way_on.ts';

export type { Client, Grant, InteractionResults, Provider } from 'oidc-provider';
export { createClientBounds } from './clients/client_bounds.ts';
export { createEngineClientCheck } from './clients/client_check.ts';
export { createInitialAccessToken } from './clients/initial_access_tokens.ts';
export { pageClient } from './clients/page_client.ts';
export { loadPairwiseSubjects } from './clients/pairwise.ts';
export { createStandaloneClientCheck } from './clients/standalone_client_check.ts';
export type { OidcRoutes } from './endpoints/endpoints.ts';
export { tooWeak } from './endpoints/interaction_policy.ts';
export { mergeKeyrings } from './engine/key_source.ts';
export { askedAuthentication } from './grants/asked_authentication.ts';
export { decide } from './grants/consent.ts';
export { isRequired, type RequestedScopes, requestedScopes } from './grants/requested_scopes.ts';
export { marksOf, rememberShown, shownFor } from './grants/shown_consent.ts';
export type { BrowserAccounts, WaitingAccount } from './guards/browser_accounts.ts';
export { type BrowserBinding, expiredInteraction } from './guards/browser_binding.ts';
export { throttleDeviceCodes } from './guards/device_code_throttle.ts';
export {
  createTokenPreview,
  type PreviewedToken,
  type PreviewTokens,
  type TokenPreview,
} from './previews/token_preview.ts';
export { createUnsignedTokens } from './previews/unsigned_tokens.ts';
export type { BoundToken, RequireProof } from './programs/resource_proofs.ts';
export { artifactId } from './records/artifact_mapping.ts';
export { endBrowserSession } from './records/ended_sessions.ts';
export { kindsWhere } from './records/kinds.ts';
export { linksOf } from './records/liveness.ts';
export { createOpaqueTokenReader } from './records/opaque_tokens.ts';
export { deviceOf } from './records/session_device.ts';
export { findSessionSignIn, type SessionSignIn } from './records/session_sign_ins.ts';
export { familyEndingWith } from './records/token_family.ts';
export type { Restarts } from './restarts/restart_tokens.ts';

export type OidcDependencies = {
  issuer: string;
  basePath: string;
  declaration: Declaration;
  /** What a sign-in must prove, and what a person can. */
  requirements: Requirements;
  authenticators: Pick<Authenticators, 'find'>;
  store: Pick<Store, 'artifacts' | 'counters'>;
  secrets: Secrets;
  /** The first signs cookies, all verify. */
  cookieKeys: string[];
  keySource: KeySource & Pick<Keyring, 'snapshot'>;
  sign: Sign;
  jwks: () => Promise<PublicJwks>;
  /** The operator's, for developers, as discovery names it. */
  documentation: () => string | undefined;
  apis: ApiRegistry;
  scopes: PersonScopes;
  clients: ClientRegistry;
  catchUp: MarkerWatch['catchUp'];
  followSigningKeys: FollowSigningKeys;
  users: AccountDirectory;
  revocations: Revocations;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  accessTokens: AccessTokenReader;
  bounds: ClientBounds;
  arePrincipalsActive: ArePrincipalsActive;
  status: StatusAssignment;
  tokenIssuer: AccessTokenIssuer;
  keyExchange: Pick<KeyExchange, 'exchange'>;
  pairwise: PairwiseSubjects;
  clientUses: Pick<ClientUsesRecorder, 'note' | 'verifySecret'>;
  apiKeys: Pick<ApiKeysRoom, 'introspectKey' | 'introspectToken' | 'revoke'>;
  begunBudget: NetworkBudget;
  /** How many documents of clients are fetched for one network. */
  documentBudget: NetworkBudget;
  accountBudget: AccountBudget;
  registrationLimits: RegistrationLimits;
  audit: Pick<Audit, 'record' | 'recordSoon'> & RepeatableSink;
  metrics: Pick<Metrics, 'countToken'>;
  /** Called when somebody has signed out. */
  countSignOut: () => void;
  renderer: PageRenderer;
  /** For addresses that the operator names, and for those that registrants give. */
  fetches: { operators: typeof fetch; registrants: typeof fetch };
  log: Log;
  /** Shows in traces what the library does. */
  step: Step;
  clock: Clock;
};

export type OidcRoom = {
  routes: OidcRoutes;
  /** Ahead of routes, where the table of routes names them. */
  guards: {
    /** Refuses a form that another page sent. */
    ownForm: Middleware;
    /** Sends a POST around as GET. */
    postAsGet: Middleware;
    /** See BrowserBinding. */
    ownBrowser: Middleware;
    /** See createWayOn. */
    wayOn: Middleware;
  };
  provider(): Provider;
  /** For tokens that are bound to a key, where Cardea serves an API of its own. */
  requireProof: RequireProof;
  /** For the pages between an authorization request and its answer. */
  binding: Pick<BrowserBinding, 'began'>;
  accounts: BrowserAccounts;
  restarts: Pick<Restarts, 'ofInteraction'>;
  close(): void;
};

export function createOidcRoom(dependencies: OidcDependencies): OidcRoom {
  const { issuer, declaration, store, secrets, apis, scopes, clients, revocations, clock } =
    dependencies;
  const { catchUp, followSigningKeys, keySource, sign } = dependencies;
  const { registrationLimits: registrations } = dependencies;
  const { bounds } = dependencies;
  const { artifacts } = store;
  const userinfoAudience = userinfoAudienceOf(issuer);
  const reach = createOutboundReach({ ...dependencies.fetches, clock });
  const userCodeKeys = secrets.deriveAll('user code');

  const { isStranger, issuing } = createStrangers({
    ...{ find: clients.find, catchUp, budget: dependencies.accountBudget },
  });
  const accessTokenAlgorithm = declaration.signing_keys.algorithm;
  const claimsForApi = createClaimsForApi({ apis, users: dependencies.users });
  const settleScope = createScopeSettlement({ apis, scopes });
  const resources = createResources({ apis, accessTokenAlgorithm });
  const successors = createSuccessorTokens({ secrets, artifacts, clock });
  const consumer = createConsumer({
    artifacts,
    revocations,
    successors,
    clock,
    issuing,
    checkRedemption: createRedemptionCheck(resources),
    graceMs: () =>
      Number(currentContext()?.oidc.client?.refresh_token_grace ?? refreshTokenGrace.default) *
      1000,
    onReuse: ({ type, familyId, clientId, accountId }) =>
      dependencies.audit.recordRepeatable({
        subject: familyId,
        type,
        outcome: 'failure',
        clientId,
        userId: accountId,
        requestId: currentContext()?.state.requestId,
      }),
  });

  const clientAdapter = createClientAdapter({
    ...{ clients, catchUp, reach, registrations, scopes, clock },
    policies: declaration,
    documents: createDocumentClients({
      policy: declaration.client_id_metadata,
      findStored: clients.findStored,
      put: clients.putDocument,
      read: createReadDocument({ provider: () => host.current(), declaration }),
      fetch: dependencies.fetches.registrants,
      budget: dependencies.documentBudget,
      clock,
    }),
  });
  const stamps = createStamps({ revocations });
  const begun = createBegun({ budget: dependencies.begunBudget, isStranger });
  const recordOnce = createRecordOnce({ artifacts, begun, clock });
  const adapterDependencies = {
    artifacts,
    revocations,
    accessTokens: dependencies.accessTokens,
    consumer,
    successors,
    stamps,
    devices: createSessionDevices({ clock }),
    begun,
    bounds,
    apiIdentities: createApiIdentities({ apis }),
    keepUsed: clients.keepUsed,
    clock,
    userCodeDigests: (userCode: string) => userCodeKeys.map((key) => hmacSha256(key, userCode)),
    userinfoAudience,
  };

  const refusals = createRefusals({
    ...{ artifacts, clients, revocations, clock },
    accessTokens: dependencies.accessTokens,
    documents: declaration.client_id_metadata,
  });
  const browser = {
    secure: issuer.startsWith('https:'),
    sessionCookie: sessionCookieName(issuer, dependencies.basePath),
  };
  const binding = createBrowserBinding({
    keys: secrets.deriveAll('browser binding'),
    ...browser,
    resumeCookie: resumeCookieName,
  });
  const restarts = createRestarts(secrets);
  const sealedPages = createSealedValues<DevicePage>(secrets, 'device page');
  const host = createProviderHost({
    keySource,
    explain: refusals.ofError,
    countSignOut: dependencies.countSignOut,
    step: dependencies.step,
    build: (keys) =>
      createProvider(
        {
          issuer,
          basePath: dependencies.basePath,
          declaration,
          algorithm: accessTokenAlgorithm,
          sign,
          adapterFor: (model) =>
            model === 'Client' ? clientAdapter : createArtifactAdapter(model, adapterDependencies),
          findAccount: createFindAccount(dependencies.users),
          loadExistingGrant: createExistingGrants({ artifacts, scopes, clock }),
          pairwiseIdentifier: async (_ctx, accountId, client) =>
            dependencies.pairwise.subject(accountId, String(client.sectorIdentifier)),
          apis,
          scopes,
          requirements: dependencies.requirements,
          authenticators: dependencies.authenticators,
          settleScope,
          resources,
          tokenClaims: createTokenClaims({
            claimsForApi,
            userinfoAudience,
            status: dependencies.status,
            stamps,
            revocations,
            keyId: keys.find(({ algorithm }) => algorithm === accessTokenAlgorithm)?.kid ?? '',
          }),
          pages: createLibraryPages({
            ...{ renderer: dependencies.renderer, restarts },
            devicePages: createDevicePages({ renderer: dependencies.renderer, sealedPages }),
            mustConfirmSignOut: createSignOutConfirmation({
              policy: declaration.sign_out,
              pairwise: dependencies.pairwise,
            }),
          }),
          cookieKeys: dependencies.cookieKeys,
          beginInteraction: binding.begin,
          restarts,
          dpopNonceSecret: secrets.derive('dpop nonce'),
          requireDpopNonce: createNonceRequirement({ clock }),
          fetch: reach.fetch,
          reach,
          clock,
          verifySecret: dependencies.clientUses.verifySecret,
          recordOnce,
          openRegistration: declaration.dynamic_registration.open,
        },
        keys,
      ),
  });

  const accounts = createBrowserAccounts({
    ...{ provider: host.current, binding, artifacts, clock, ...browser },
    killSwitches: dependencies.killSwitches,
    keys: secrets.deriveAll('accounts of a browser'),
    basePath: dependencies.basePath,
  });
  const programs = createProgramRequests({
    ...{ host, followSigningKeys, refusals },
    noteUse: dependencies.clientUses.note,
  });
  const settlement = createSettlement({ artifacts, log: dependencies.log });
  const signatures = createLivingSignatures({ followSigningKeys, keys: keySource, sign });
  return {
    routes: createEndpoints({
      host,
      programs: createProgramEndpoints({
        ...{ ...dependencies, programs, settlement, signatures, refusals, artifacts, issuer },
        claimsForApi,
        paceDevice: createDevicePolling({ counters: store.counters, clock }),
        effectiveWithin: declaration.revocation.effective_within,
      }),
      wellKnown: createWellKnown({
        ...{ host, followSigningKeys, jwks: dependencies.jwks },
        documentation: dependencies.documentation,
      }),
      settle: settlement.layer,
      signatures,
      outcomes: createOutcomes(dependencies),
      renderForms: createSelfSubmittingForms({ renderer: dependencies.renderer }),
      restore: createRestartedRequests({ ...restarts, basePath: dependencies.basePath }),
      openFrames: createFrontChannelLogout({
        ...{ renderer: dependencies.renderer, provider: host.current, issuer },
      }),
      registrationEnabled: declaration.dynamic_registration.enabled,
    }),
    guards: {
      ownForm: createOwnForms({ origin: new URL(issuer).origin }),
      postAsGet: redirectPostedRequest,
      ownBrowser: binding.guard,
      wayOn: createWayOn({
        ...{ open: restarts.open, provider: host.current, renderer: dependencies.renderer, issuer },
      }),
    },
    provider: host.current,
    requireProof: createRequireProof({ host, issuer }),
    ...{ binding, accounts, restarts },
    close: host.close,
  };
}
