/**
 * The part of this room that answers requests: verification, with all that it needs to be quick, and its
 * routes. The life of keys (service.ts) is told to it by the store alone, as by any other process.
 */
import type { Middleware } from 'koa';
import type { ApiRegistry } from '../apis/registry.ts';
import type { FindClient } from '../clients/known_clients.ts';
import type { Clients } from '../clients/service.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../keys/secrets.ts';
import type { Store } from '../storage/store.ts';
import type { AccessTokenReader } from '../tokens/access_token_reader.ts';
import type { KillSwitches } from '../tokens/kill_switches.ts';
import type { MarkerWatch } from '../tokens/marker_watch.ts';
import {
  type ApiClientAuthentication,
  createApiClientAuthentication,
} from './client_authentication.ts';
import { createGuessing } from './guessing.ts';
import { createKeyIntrospection, type IntrospectKey } from './introspection.ts';
import { createKeyCache } from './key_cache.ts';
import type { LeakReport } from './key_in_query.ts';
import { createKeyLiveness, createKeyRevocation, type RevokeKey } from './key_revocation.ts';
import { createKeyLimits } from './limits.ts';
import { createQueryGuard } from './query_guard.ts';
import { apiKeyMethods, createApiKeyRoutes } from './routes.ts';
import type { TierPolicy } from './tiers.ts';
import { createUsageRecorder, type UsageLog } from './usage_recorder.ts';
import { createVerdictCounts, type VerdictCounts } from './verdict_counts.ts';
import {
  createKeyVerification,
  type KeyVerification,
  type VerdictObserver,
} from './verification.ts';

export type ApiKeysRoom = {
  verification: KeyVerification;
  authenticate: ApiClientAuthentication;
  introspect: IntrospectKey;
  revoke: RevokeKey;
  /** Verdicts of this process so far: one for each use of a key, however it was asked about. */
  verdicts: VerdictCounts['read'];
  /** Whether a key that something was exchanged for may still be used. */
  isUsable(keyId: string): Promise<boolean>;
  routes: Middleware;
  /** The methods that a path (below the issuer's) takes; undefined: no such path here. */
  allowedMethods(path: string): readonly string[] | undefined;
  /** Writes the usage that was counted. */
  close(): Promise<void>;
};

export function createApiKeysRoom({
  issuer,
  store,
  policy,
  apis,
  clients,
  accessTokens,
  killSwitches,
  secrets,
  watch,
  reportLeak,
  observe,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<Store, 'apiKeys' | 'projects' | 'users' | 'revocations' | 'counters' | 'usage'>;
  policy: TierPolicy;
  apis: ApiRegistry;
  clients: { find: FindClient } & Pick<Clients, 'verifySecret'>;
  accessTokens: AccessTokenReader;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  secrets: Pick<Secrets, 'derive'>;
  watch: MarkerWatch;
  reportLeak: LeakReport;
  observe: VerdictObserver;
  clock: Clock;
  log: UsageLog;
}): ApiKeysRoom {
  const { apiKeys: keys, projects, users, revocations: markers, counters } = store;
  const usage = createUsageRecorder({ usage: store.usage, keys, clock, log });
  const verdicts = createVerdictCounts();
  const verification = createKeyVerification({
    cache: createKeyCache({ keys, projects, users, markers, watch, clock }),
    limits: createKeyLimits({ counters, clock }),
    usage,
    guessing: createGuessing({ counters, clock, key: secrets.derive('api key guessing') }),
    apis,
    policy,
    clock,
    observe(verdict, request) {
      verdicts.count(verdict);
      observe(verdict, request);
    },
  });
  const authenticate = createApiClientAuthentication({ clients, accessTokens, apis });
  const guardQuery = createQueryGuard({ reportLeak });
  const verifyKeys = createApiKeyRoutes({ verification, authenticate, catchUp: watch.catchUp });

  return {
    verification,
    authenticate,
    verdicts: verdicts.read,
    introspect: createKeyIntrospection({ issuer, verification, apis }),
    revoke: createKeyRevocation({ keys, apis, killSwitches, clock }),
    isUsable: createKeyLiveness({ keys, owners: { projects, users }, clock }),
    routes: (ctx, next) => guardQuery(ctx, () => verifyKeys(ctx, next)),
    allowedMethods: apiKeyMethods,
    close: usage.close,
  };
}
