/**
 * The composition root: opens what the configuration names, makes every room with what it needs, and mounts
 * them in order. Nothing else constructs rooms, and nothing here decides anything.
 */
import { availableParallelism } from 'node:os';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import {
  createApiKeysRoom,
  createKeyChanges,
  createKeyEnds,
  createKeyExchange,
  createKeyNoticesRoom,
  keyMarkerKinds,
} from '../api_keys/room.ts';
import { createApiRegistry } from '../apis/room.ts';
import { createAudit, createRepeatableEvents } from '../audit/room.ts';
import { createChangeMarkers } from '../caching/change_markers.ts';
import { createMarkerWatch } from '../caching/marker_watch.ts';
import { clientMarkerKinds, createClients, createKnownClients } from '../clients/room.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { applyDeclaration } from '../declaration/room.ts';
import { createForwardAuthRoom } from '../gateway/room.ts';
import { createApplication } from '../http/application.ts';
import { mountBeneath } from '../http/mount.ts';
import { createInteractionsRoom } from '../interactions/room.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import {
  createClientBounds,
  createClientCheck,
  createOidcRoom,
  createOpaqueTokenReader,
  loadPairwiseSubjects,
  longestTokenLifetimeMs,
  mergeKeyrings,
  throttleDeviceCodes,
} from '../oidc/room.ts';
import { serveAssets } from '../pages/asset_routes.ts';
import { createAssets } from '../pages/assets.ts';
import { createPageRenderer } from '../pages/page_renderer.ts';
import { createViews } from '../pages/views.ts';
import {
  createAccountBudget,
  createRegistrationLimits,
  createUnfinishedBudget,
} from '../rate_limits/room.ts';
import { createSecrets } from '../secrets/room.ts';
import {
  createSigningKeyrings,
  publicJwks,
  revokeSigningKey,
  sign,
  signNow,
} from '../signing_keys/room.ts';
import { claimStore } from '../storage/identity.ts';
import { openStore } from '../storage/open.ts';
import { createPurge } from '../storage/operation/purge.ts';
import { createWriteProbe } from '../storage/operation/write_probe.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createCachedTokenReader, createPrincipalCheck, createTokensRoom } from '../tokens/room.ts';
import { createKnownUsers, createPasswords, createUsers, userMarkerKinds } from '../users/room.ts';
import { createWebhooks, webhookTimeLimit } from '../webhooks/room.ts';

export type App = {
  koa: Koa;
  /** Throws StoreUnavailableError when the store does not answer, or takes no writes. */
  ping(): Promise<void>;
  /** Answers the requests that only wait, before the listener closes. */
  stopping(): void;
  close(): Promise<void>;
};

export async function createApp({
  config,
  log,
  metrics,
  isFirst = true,
  clock = systemClock,
}: {
  config: Config;
  log: Log;
  metrics: Metrics;
  /** Whether to bring clients and users to what the declarative file says; once for each start of a node. */
  isFirst?: boolean;
  clock?: Clock;
}): Promise<App> {
  const { issuer, declaration } = config;
  const issuerUrl = new URL(issuer);
  const basePath = issuerUrl.pathname.replace(/\/$/, '');
  const secrets = createSecrets(config.secrets);
  const cookieKeys = secrets.deriveAll('cookies').map((key) => key.toString('base64url'));

  const store = await openStore({
    url: config.store,
    observe: metrics.observeStore,
    onFailure: () => probe.suspect(),
    clock,
  });
  // What is begun here is ended when something after it fails.
  await using begun = new AsyncDisposableStack();
  begun.defer(() => store.close());
  const probe = createWriteProbe({ documents: store.documents, clock });
  await claimStore(store.documents, { issuer, development: config.developmentMode });
  const { counters } = store;
  const audit = {
    ...createAudit({ store: store.audit, clock, log }),
    ...createRepeatableEvents({
      ...{ store: store.audit, counters, clock },
      key: secrets.derive('repeatable events'),
    }),
  };
  const apis = createApiRegistry(declaration.apis);
  const announce = createChangeMarkers({ markers: store.revocations, clock });
  const watch = createMarkerWatch({
    markers: store.revocations,
    kinds: [...keyMarkerKinds, ...clientMarkerKinds, ...userMarkerKinds],
    clock,
  });
  const findClient = createKnownClients({ clients: store.clients, watch, clock });
  const passwords = createPasswords({ log });
  begun.defer(() => passwords.close());
  const keyrings = createSigningKeyrings({
    policy: declaration.signing_keys,
    documents: store.documents,
    secrets,
    clock,
    log,
    audit,
    longestTokenLifetimeMs: () => longestTokenLifetimeMs(apis),
  });
  for (const keyring of keyrings) begun.defer(() => keyring.close());
  await Promise.all(keyrings.map((keyring) => keyring.start()));
  const keys = mergeKeyrings(keyrings);
  const signJws = config.workers >= availableParallelism() ? signNow : sign;

  const tokens = createTokensRoom({
    ...{ issuer, store, keys, sign: signJws, apis, audit, clock, log },
    catchUp: watch.catchUp,
    refreshSigningKeys: () => void Promise.allSettled(keyrings.map((keyring) => keyring.refresh())),
    removeSigningKey: (kid, reason) => revokeSigningKey(keyrings, kid, reason),
    apiKeyRevoker: createKeyEnds({
      ...{ keys: store.apiKeys, clock },
      changes: createKeyChanges({ announce }),
    }),
    announce,
    longestTokenLifetimeMs: () => longestTokenLifetimeMs(apis),
    effectiveWithin: declaration.revocation.effective_within,
  });
  const { revocations, killSwitches, status } = tokens;
  const bounds = createClientBounds({
    ...{ findClient, issuer, registration: declaration.dynamic_registration },
  });
  const accessTokens = bounds.within(
    createCachedTokenReader({ reader: tokens.accessTokens, clock }),
  );
  begun.defer(() => tokens.close());
  const clients = createClients({
    store: store.clients,
    clock,
    audit,
    ...{ announce, killSwitches },
    validate: async (...client) => clientCheck.check(...client),
  });
  const users = createUsers({ store: store.users, passwords, killSwitches, clock, audit });
  await tokens.start();

  const assets = createAssets({ pages: declaration.pages, basePath });
  const views = createViews({ pages: declaration.pages, assets, log });
  const renderer = createPageRenderer({
    views,
    fallbackLocale: declaration.pages.default_locale,
  });

  const outbound = { ...declaration.outbound, log };
  const webhooks = createWebhooks({
    ...{ audit, clock, log },
    declarations: declaration.webhooks,
    deliveries: store.webhookDeliveries,
    fetch: createOutboundFetch({ ...outbound, timeLimit: webhookTimeLimit }),
    count: metrics.countWebhook,
  });
  const keyNotices = createKeyNoticesRoom({
    ...{ store, killSwitches, secrets, audit, clock, log },
    policy: declaration.api_keys,
    notify: webhooks.notify,
    fetch: createOutboundFetch(outbound),
    count: metrics.countApiKeyNotice,
  });
  const { reportLeak } = keyNotices;
  const apiKeys = createApiKeysRoom({
    ...{ issuer, store, apis, accessTokens, killSwitches, secrets, watch, clock, log },
    clients: { find: findClient, verifySecret: clients.verifySecret },
    policy: declaration.api_keys,
    reportLeak,
    observe: keyNotices.observe,
    arePrincipalsActive: (...token) => arePrincipalsActive(...token),
  });

  const arePrincipalsActive = createPrincipalCheck({
    clients: { find: findClient },
    users: { find: createKnownUsers({ users: store.users, watch, clock }) },
    isApiKeyUsable: apiKeys.isUsable,
  });
  const keyExchange = createKeyExchange({
    ...{ verification: apiKeys.verification, issuer: tokens.issuer, apis },
    policy: declaration.api_keys,
  });

  const limits = { counters, clock, policy: declaration.strangers };
  const pairwise = await loadPairwiseSubjects({ documents: store.documents, secrets });
  const oidc = createOidcRoom({
    issuer,
    basePath,
    declaration,
    store,
    secrets,
    cookieKeys,
    keySource: keys,
    sign: signJws,
    jwks: async () => publicJwks(await keys.freshSnapshot(), clock.now()),
    apis,
    clients: { ...clients, find: findClient },
    catchUp: watch.catchUp,
    followSigningKeys: tokens.followSigningKeys,
    users,
    revocations,
    killSwitches,
    accessTokens,
    bounds,
    arePrincipalsActive,
    status: tokens.assignment,
    tokenIssuer: tokens.issuer,
    keyExchange,
    pairwise,
    verifySecret: (hashes, secret) => clients.verifySecret(hashes, secret),
    apiKeys,
    begunBudget: createUnfinishedBudget({ ...limits, key: secrets.derive('begun requests') }),
    accountBudget: createAccountBudget({
      ...{ ...limits, key: secrets.derive('tokens per account'), purpose: 'tokens' },
    }),
    registrationLimits: createRegistrationLimits({
      ...{ counters, clock, policy: declaration.dynamic_registration },
    }),
    audit,
    metrics,
    renderer,
    fetches: {
      operators: createOutboundFetch(outbound),
      registrants: createOutboundFetch({ ...outbound, allow: outbound.allow_registered }),
    },
    log,
    clock,
  });

  const { artifacts } = store;
  const forwardAuth = createForwardAuthRoom({
    ...{ apiKeys, keyExchange, accessTokens, arePrincipalsActive, revocations },
    ...{ apis, reportLeak, catchUp: watch.catchUp, clock },
    readOpaque: createOpaqueTokenReader({
      ...{ artifacts, revocations, bounds, provider: oidc.provider, pairwise, clock },
    }),
  });

  const clientCheck = createClientCheck(oidc.provider);
  if (isFirst) await apply();

  const interactions = createInteractionsRoom({
    ...{ issuer, basePath, store, secrets, apis, users, revocations, audit, renderer, clock },
    provider: oidc.provider,
    binding: oidc.binding,
    policy: declaration.sign_in,
    consents: createAccountBudget({
      ...{ ...limits, key: secrets.derive('consents per account'), purpose: 'consents' },
    }),
  });

  const koa = createApplication({
    settings: config,
    log,
    metrics,
    views,
    defaultLocale: declaration.pages.default_locale,
    allowedMethods: (path) =>
      status.allowedMethods(path) ??
      apiKeys.allowedMethods(path) ??
      keyNotices.allowedMethods(path) ??
      oidc.allowedMethods(path),
    bodyLimit: keyNotices.bodyLimit,
  });
  koa.keys = cookieKeys;
  koa.use(
    mountBeneath(
      basePath,
      compose([
        serveAssets(assets),
        status.routes,
        apiKeys.routes,
        keyNotices.routes,
        forwardAuth.routes,
        interactions.routes,
        throttleDeviceCodes({
          counters,
          clock,
          policy: declaration.sign_in,
          key: secrets.derive('device code throttle'),
        }),
        oidc.middleware,
      ]) as Middleware,
    ),
  );

  keyNotices.start();
  webhooks.start();
  const purge = createPurge({ store, clock, log, keepAuditMs: declaration.audit.keep * 1000 });
  metrics.watchApiKeyVerdicts(apiKeys.verdicts);
  metrics.watchPasswordQueue(passwords.queue);
  metrics.watchStatusLists(() => (clock.now() - status.upToDateAt()) / 1000);
  metrics.watchSigningKeyAge(() => (clock.now() - keys.snapshot().current.activatesAt) / 1000);

  begun.move();
  return {
    koa,
    async ping() {
      await store.ping();
      await probe.assertWritable();
    },
    stopping: status.endWaiting,
    async close() {
      purge.stop();
      oidc.close();
      await Promise.all([tokens.close(), apiKeys.close(), keyNotices.close()]);
      await webhooks.close();
      await Promise.all(keyrings.map((keyring) => keyring.close()));
      await Promise.all([passwords.close(), audit.close()]);
      await store.close();
    },
  };

  async function apply(): Promise<void> {
    clientCheck.checkDeclared(declaration.clients);
    await applyDeclaration({
      ...{ declaration, clients, users, clock, log },
      documents: store.documents,
      digestKeys: secrets.deriveAll('declarative file'),
    });
  }
}
