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
import type { AreHoldersActive, IsKeyUsable } from '../tokens/holders.ts';
import type { KillSwitches } from '../tokens/kill_switches.ts';
import type { MarkerWatch } from '../tokens/marker_watch.ts';
import {
  type ApiClientAuthentication,
  createApiClientAuthentication,
} from './client_authentication.ts';
import { createJwtReader, type ReadJwt } from './forward_auth_access_tokens.ts';
import { createGuessing } from './guessing.ts';
import { createKeyIntrospection, type KeyIntrospection } from './introspection.ts';
import { createKeyCache } from './key_cache.ts';
import type { LeakReport } from './key_in_query.ts';
import { createKeyLiveness, createKeyRevocation, type RevokeKey } from './key_revocation.ts';
import { createKeyLimits } from './limits.ts';
import { createQueryGuard } from './query_guard.ts';
import { apiKeyMethods, createApiKeyRoutes } from './routes.ts';
import type { TierPolicy } from './tiers.ts';
import { createTokenQuestions } from './token_questions.ts';
import { createUsageRecorder, type UsageLog } from './usage_recorder.ts';
import { createVerdictCounts, type VerdictCounts } from './verdict_counts.ts';
import {
  createKeyVerification,
  type KeyVerification,
  type VerdictObserver,
} from './verification.ts';

export type ApiKeysRoom = KeyIntrospection & {
  verification: KeyVerification;
  readJwt: ReadJwt;
  authenticate: ApiClientAuthentication;
  revoke: RevokeKey;
  /** Verdicts of this process so far: one for each use of a key, however it was asked about. */
  verdicts: VerdictCounts['read'];
  /** Whether a key that something was exchanged for may still be used. */
  isUsable: IsKeyUsable;
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
  areHoldersActive,
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
  areHoldersActive: AreHoldersActive;
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
  const cache = createKeyCache({ keys, projects, users, markers, watch, clock });
  const verification = createKeyVerification({
    cache,
    limits: createKeyLimits({ counters, clock }),
    usage,
    guessing: createGuessing({ counters, clock, key: secrets.derive('api key guessing') }),
    apis,
    policy,
    clock,
    observe(verdict, request, times) {
      verdicts.count(verdict, times);
      observe(verdict, request, times);
    },
  });
  const authenticate = createApiClientAuthentication({ clients, accessTokens, apis });
  const guardQuery = createQueryGuard({ reportLeak });
  const readJwt = createJwtReader({ jwts: accessTokens, areHoldersActive });
  const judgeToken = createTokenQuestions({ readJwt, verification });
  const verifyKeys = createApiKeyRoutes({
    ...{ verification, judgeToken, authenticate, reportLeak, catchUp: watch.catchUp },
  });

  return {
    ...{ verification, readJwt },
    authenticate,
    verdicts: verdicts.read,
    ...createKeyIntrospection({ issuer, verification, apis }),
    revoke: createKeyRevocation({ keys, apis, killSwitches, clock }),
    isUsable: createKeyLiveness({ cache, clock }),
    routes: (ctx, next) => guardQuery(ctx, () => verifyKeys(ctx, next)),
    allowedMethods: apiKeyMethods,
    close: usage.close,
  };
}
