/**
 * The protocol room. Owns the OAuth 2.0 and OpenID Connect endpoints, through oidc-provider: how it is
 * configured, what it stores and how, and what it gets wrong that we put right. It does not own who signs in
 * and how (interactions/), what a token is worth later (tokens/), keys (keys/), or clients (clients/).
 */
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import type { Provider } from 'oidc-provider';
import type { KeyExchange } from '../api_keys/exchange.ts';
import type { ApiKeysRoom } from '../api_keys/room.ts';
import type { ApiRegistry } from '../apis/registry.ts';
import type { RepeatableSink } from '../audit/events.ts';
import type { Audit } from '../audit/recorder.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/declaration.ts';
import type { Log } from '../http/log.ts';
import type { Metrics } from '../http/metrics.ts';
import type { PageRenderer } from '../http/page_renderer.ts';
import { hmacSha256, sha256 } from '../ids.ts';
import type { Sign } from '../keys/compact_jws.ts';
import type { PublicJwks } from '../keys/jwks.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Secrets } from '../keys/secrets.ts';
import type { AccountBudget } from '../rate_limit/account_budget.ts';
import type { BegunBudget } from '../rate_limit/begun_budget.ts';
import type { RegistrationLimits } from '../rate_limit/registration_limits.ts';
import type { Store } from '../storage/store.ts';
import type { AccessTokenReader } from '../tokens/access_token_reader.ts';
import type { AreHoldersActive } from '../tokens/holders.ts';
import type { TokenIssuer } from '../tokens/issuer.ts';
import type { FollowKeys } from '../tokens/key_watch.ts';
import type { KillSwitches } from '../tokens/kill_switches.ts';
import type { MarkerWatch } from '../tokens/marker_watch.ts';
import type { Revocations } from '../tokens/revocations.ts';
import type { StatusAssignment } from '../tokens/status/assignment.ts';
import { createIntrospectionPolicy, revocationPolicy } from './access_policies.ts';
import { type AccountDirectory, createFindAccount } from './accounts.ts';
import { createArtifactAdapter } from './adapter.ts';
import { createAllowedMethods, onOwnPaths } from './allowed_methods.ts';
import { createAnswers } from './answers.ts';
import { createApiKeyExchange } from './api_key_exchange.ts';
import { createBegun } from './begun.ts';
import { type BrowserBinding, createBrowserBinding } from './browser_binding.ts';
import { type ClientRegistry, createClientAdapter } from './client_adapter.ts';
import type { ClientBounds } from './client_bounds.ts';
import { createConsumer } from './consumption.ts';
import { createNonceRequirement } from './dpop_freshness.ts';
import { createExistingGrants } from './existing_grant.ts';
import { createProviderHost, type KeySource } from './host.ts';
import { createLivingSignatures } from './living_signatures.ts';
import { createOutboundReach } from './outbound_reach.ts';
import { createOutcomes } from './outcomes.ts';
import { createOwnForms } from './own_forms.ts';
import { createLibraryPages } from './pages.ts';
import type { PairwiseSubjects } from './pairwise.ts';
import { redirectPostedRequests } from './post_requests.ts';
import { createProvider, resumeCookieName, sessionCookieName } from './provider.ts';
import type { ExtensionDependencies } from './provider_extensions.ts';
import { keepRedirectQueries } from './redirect_queries.ts';
import { createRefusals } from './refusals.ts';
import { createRequestLinks } from './request_links.ts';
import { createResources } from './resources.ts';
import { createSelfSubmittingForms } from './self_submitting_forms.ts';
import { createSettlement } from './settlement.ts';
import { createStamps } from './stamps.ts';
import { createStrangers } from './strangers.ts';
import { createSuccessorTokens } from './successor_tokens.ts';
import { createTokenClaims } from './token_claims.ts';
import { createTokenRevocation } from './token_revocation.ts';
import { userinfoAudienceOf } from './userinfo_audience.ts';
import { createWellKnown } from './well_known.ts';

export type OidcDependencies = {
  issuer: string;
  basePath: string;
  declaration: Declaration;
  store: Pick<Store, 'artifacts'>;
  secrets: Secrets;
  /** The first signs cookies, all verify. */
  cookieKeys: string[];
  keySource: KeySource & Pick<Keyring, 'snapshot'>;
  sign: Sign;
  jwks: () => Promise<PublicJwks>;
  apis: ApiRegistry;
  clients: ClientRegistry;
  catchUp: MarkerWatch['catchUp'];
  followKeys: FollowKeys;
  users: AccountDirectory;
  revocations: Revocations;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  accessTokens: AccessTokenReader;
  bounds: ClientBounds;
  areHoldersActive: AreHoldersActive;
  status: StatusAssignment;
  tokenIssuer: TokenIssuer;
  keyExchange: Pick<KeyExchange, 'exchange'>;
  pairwise: PairwiseSubjects;
  verifySecret: ExtensionDependencies['verifySecret'];
  apiKeys: Pick<ApiKeysRoom, 'introspectKey' | 'introspectToken' | 'revoke'>;
  begunBudget: BegunBudget;
  accountBudget: AccountBudget;
  registrationLimits: RegistrationLimits;
  audit: Pick<Audit, 'record' | 'recordSoon'> & RepeatableSink;
  metrics: Pick<Metrics, 'countToken'>;
  renderer: PageRenderer;
  /** For addresses that the operator names, and for those that registrants give. */
  fetches: { operators: typeof fetch; registrants: typeof fetch };
  log: Log;
  clock: Clock;
};

export type OidcRoom = {
  middleware: Middleware;
  /** The methods that a path (below the issuer's) takes; undefined: no such path here. */
  allowedMethods(path: string): readonly string[] | undefined;
  provider(): Provider;
  /** For the pages between an authorization request and its answer. */
  binding: Pick<BrowserBinding, 'began'>;
  close(): void;
};

/** A jti is remembered this long beyond its expiry, for clocks that disagree. Seconds. */
const replaySkew = 60;

export function createOidcRoom(dependencies: OidcDependencies): OidcRoom {
  const { issuer, declaration, store, secrets, apis, clients, revocations, clock } = dependencies;
  const { catchUp, followKeys, areHoldersActive, killSwitches, keySource, sign } = dependencies;
  const { registrationLimits: registrations } = dependencies;
  const { bounds } = dependencies;
  const { artifacts } = store;
  const links = createRequestLinks();
  const userinfoAudience = userinfoAudienceOf(issuer);
  const reach = createOutboundReach(dependencies.fetches);
  const userCodeKeys = secrets.deriveAll('user code');

  const { isStranger, issuing } = createStrangers({
    ...{ find: clients.find, catchUp, links, budget: dependencies.accountBudget },
  });
  const successors = createSuccessorTokens({ secrets, artifacts, clock });
  const consumer = createConsumer({
    artifacts,
    revocations,
    successors,
    links,
    clock,
    issuing,
    graceMs: () => Number(links.context()?.oidc.client?.refresh_token_grace ?? 10) * 1000,
    onReuse: ({ kind, familyId, clientId, accountId }) =>
      dependencies.audit.recordRepeatable({
        subject: familyId,
        type: kind === 'RefreshToken' ? 'refresh_token.reused' : 'authorization_code.reused',
        outcome: 'failure',
        clientId,
        userId: accountId,
        requestId: links.context()?.state.requestId,
      }),
  });

  const clientAdapter = createClientAdapter({
    ...{ clients, catchUp, links, reach, registrations },
    registration: declaration.dynamic_registration,
  });
  const stamps = createStamps({ revocations, links });
  const begun = createBegun({ budget: dependencies.begunBudget, links, isStranger });
  const accessTokenAlgorithm = declaration.signing_keys.algorithm;
  const adapterDependencies = {
    artifacts,
    revocations,
    accessTokens: dependencies.accessTokens,
    consumer,
    successors,
    stamps,
    begun,
    links,
    bounds,
    clock,
    userCodeDigests: (userCode: string) => userCodeKeys.map((key) => hmacSha256(key, userCode)),
    userinfoAudience,
    revoke: createTokenRevocation({ killSwitches, links }),
  };

  const refusals = createRefusals({
    ...{ artifacts, clients, revocations, clock },
    accessTokens: dependencies.accessTokens,
  });
  const binding = createBrowserBinding({
    keys: secrets.deriveAll('browser binding'),
    secure: issuer.startsWith('https:'),
    sessionCookie: sessionCookieName(issuer, dependencies.basePath),
    resumeCookie: resumeCookieName,
  });
  const host = createProviderHost({
    keySource,
    explain: refusals.ofError,
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
          loadExistingGrant: createExistingGrants({ artifacts, clock }),
          pairwiseIdentifier: async (_ctx, accountId, client) =>
            dependencies.pairwise.subject(accountId, String(client.sectorIdentifier)),
          apis,
          resources: createResources({
            apis,
            accessTokenAlgorithm,
          }),
          tokenClaims: createTokenClaims({
            links,
            userinfoAudience,
            status: dependencies.status,
            stamps,
            ...{ revocations, areHoldersActive },
            keyId: keys.find(({ algorithm }) => algorithm === accessTokenAlgorithm)?.kid ?? '',
          }),
          pages: createLibraryPages({ renderer: dependencies.renderer }),
          cookieKeys: dependencies.cookieKeys,
          beginInteraction: binding.begin,
          dpopNonceSecret: secrets.derive('dpop nonce'),
          requireDpopNonce: createNonceRequirement({ clock }),
          fetch: reach.fetch,
          reach,
          mayIntrospect: createIntrospectionPolicy({
            ...{ apis, links, areHoldersActive },
          }),
          mayRevoke: revocationPolicy,
          links,
          exchange: {
            accessTokens: dependencies.accessTokens,
            ...{ artifacts, revocations, areHoldersActive, apis, links, bounds, clock },
            issuer: dependencies.tokenIssuer,
          },
          clock,
          verifySecret: dependencies.verifySecret,
          async recordOnce(owner, jti, expiresAt) {
            const marker = {
              kind: 'ReplayDetection',
              id: sha256(`${owner} ${jti}`),
              payload: {},
              expiresAt: (expiresAt + replaySkew) * 1000,
            };
            await begun.begin(marker);
            return artifacts.insert(marker, clock.now());
          },
        },
        keys,
      ),
  });

  const outcomes = createOutcomes({
    audit: dependencies.audit,
    metrics: dependencies.metrics,
    links,
  });
  const answers = createAnswers({
    links,
    effectiveWithin: declaration.revocation.effective_within,
    apiKeys: dependencies.apiKeys,
    refusals,
  });

  const allowedMethods = createAllowedMethods({
    registrationEnabled: declaration.dynamic_registration.enabled,
  });

  return {
    middleware: onOwnPaths(
      allowedMethods,
      compose([
        createWellKnown({ host, followKeys, jwks: dependencies.jwks }) as Middleware,
        createOwnForms({ origin: new URL(issuer).origin }) as Middleware,
        redirectPostedRequests as Middleware,
        binding.guard,
        createApiKeyExchange(dependencies),
        createSettlement({ artifacts, links, log: dependencies.log }),
        // Outside of what may hold an answer up.
        createLivingSignatures({ followKeys, keys: keySource, sign, links }),
        outcomes,
        answers,
        keepRedirectQueries,
        createSelfSubmittingForms({ renderer: dependencies.renderer }),
        host.middleware,
      ]) as Middleware,
    ),
    allowedMethods,
    provider: host.current,
    binding,
    close: host.close,
  };
}
