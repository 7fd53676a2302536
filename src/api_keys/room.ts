/**
 * The part of this room that answers requests: key verification, its caches and limits, and its routes. Changes
 * to keys (lifecycle/service.ts) reach it through the store only, whichever process made them.
 */
import type { Middleware } from 'koa';
import type { ApiRegistry } from '../apis/room.ts';
import type { WriteLog } from '../caching/background_write.ts';
import type { MarkerWatch } from '../caching/marker_watch.ts';
import type { FindClient, VerifySecret } from '../clients/room.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/room.ts';
import type { Store } from '../storage/store.ts';
import type {
  AccessTokenReader,
  ArePrincipalsActive,
  IsApiKeyUsable,
  KillSwitches,
} from '../tokens/room.ts';
import {
  createKeyLiveness,
  createKeyRevocation,
  type RevokeKey,
} from './exchange/key_revocation.ts';
import type { ReportLeak } from './leaks/key_in_query.ts';
import { createQueryGuard } from './leaks/key_in_query_routes.ts';
import type { TierPolicy } from './model/tiers.ts';
import { createJwtReader, type ReadJwt } from './verification/access_tokens.ts';
import {
  type ApiClientAuthentication,
  createApiClientAuthentication,
} from './verification/client_authentication.ts';
import { createGuessLimit } from './verification/guess_limit.ts';
import { createKeyIntrospection, type KeyIntrospection } from './verification/introspection.ts';
import { createKeyCache } from './verification/key_cache.ts';
import { createKeyLimits } from './verification/key_limits.ts';
import {
  createKeyVerification,
  type KeyVerification,
  type VerdictObserver,
} from './verification/key_verification.ts';
import { createPresentedTokenVerification } from './verification/presented_tokens.ts';
import { createKeyVerificationRoutes, type KeyVerificationRoutes } from './verification/routes.ts';
import { createUsageRecorder } from './verification/usage_recorder.ts';
import { createVerdictCounts, type VerdictCounts } from './verification/verdict_counts.ts';

export { createKeyExchange, type KeyExchange } from './exchange/key_exchange.ts';
export { keyInQueryError, keyInUri, type ReportLeak } from './leaks/key_in_query.ts';
export type { LeakRoutes } from './leaks/leak_routes.ts';
export { createIdempotentRequests } from './lifecycle/idempotent_requests.ts';
export { createKeyChanges, type KeyChanges } from './lifecycle/key_changes.ts';
export { auditFieldsOf } from './lifecycle/key_records.ts';
export { createApiKeyRevoker } from './lifecycle/key_revoker.ts';
export { noSuchKey } from './lifecycle/key_writer.ts';
export { findOwner, type Owner, type Owners } from './lifecycle/owners.ts';
export { rotationChainOf } from './lifecycle/rotation_chain.ts';
export { type ApiKeys, createApiKeys } from './lifecycle/service.ts';
export {
  idSchema,
  keyChangeSchema,
  maxRecordNameLength,
  nameSchema,
  newApiKeySchema,
  rotationSchema,
  scopesSchema,
  tierNameSchema,
} from './model/input_schemas.ts';
export { parseKey, scannerPattern } from './model/key_format.ts';
export { keyView } from './model/key_view.ts';
export { hasEnded, requireTier } from './model/policy.ts';
export type {
  InvalidVerdict,
  RefusalReason,
  ValidVerdict,
} from './model/verdict.ts';
export { createKeyNoticesRoom } from './notices/notices_room.ts';
export {
  type AccessToken,
  type AccessTokens,
  createAccessTokens,
  type Identity,
  tokenRefusalReason,
} from './verification/access_tokens.ts';
export type { ApiClientAuthentication } from './verification/client_authentication.ts';
export type { KeyVerification } from './verification/key_verification.ts';
export { verdictHeaders } from './verification/verdict_responses.ts';

export type ApiKeysRoom = KeyIntrospection & {
  verification: KeyVerification;
  readJwt: ReadJwt;
  authenticate: ApiClientAuthentication;
  revoke: RevokeKey;
  /** Verdicts in this process so far, one per use of a key, whichever endpoint asked. */
  verdicts: VerdictCounts['read'];
  /** Whether a key that tokens were exchanged for may still be used. */
  isUsable: IsApiKeyUsable;
  routes: KeyVerificationRoutes;
  /** Runs before routes that take keys only in the body: refuses and reports a key in the query. */
  guardQuery: Middleware;
  /** Writes the usage counted so far. */
  close(): Promise<void>;
};

export function createApiKeysRoom({
  issuer,
  store,
  policy,
  apis,
  clients,
  accessTokens,
  arePrincipalsActive,
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
  clients: { find: FindClient; verifySecret: VerifySecret };
  accessTokens: AccessTokenReader;
  arePrincipalsActive: ArePrincipalsActive;
  killSwitches: Pick<KillSwitches, 'throwSwitch'>;
  secrets: Pick<Secrets, 'derive'>;
  watch: MarkerWatch;
  reportLeak: ReportLeak;
  observe: VerdictObserver;
  clock: Clock;
  log: WriteLog;
}): ApiKeysRoom {
  const { apiKeys: keys, projects, users, revocations: markers, counters } = store;
  const usage = createUsageRecorder({ usage: store.usage, keys, clock, log });
  const verdicts = createVerdictCounts();
  const cache = createKeyCache({ keys, projects, users, markers, watch, clock });
  const verification = createKeyVerification({
    cache,
    limits: createKeyLimits({ counters, clock }),
    usage,
    guessing: createGuessLimit({ counters, clock, key: secrets.derive('api key guessing') }),
    apis,
    policy,
    clock,
    observe(verdict, request, times) {
      verdicts.count(verdict, times);
      observe(verdict, request, times);
    },
  });
  const authenticate = createApiClientAuthentication({ clients, accessTokens, apis });
  const readJwt = createJwtReader({ jwts: accessTokens, arePrincipalsActive });
  const verifyPresentedToken = createPresentedTokenVerification({ readJwt, verification });

  return {
    ...{ verification, readJwt },
    authenticate,
    verdicts: verdicts.read,
    ...createKeyIntrospection({ issuer, verification, apis }),
    revoke: createKeyRevocation({ keys, apis, killSwitches, clock }),
    isUsable: createKeyLiveness({ cache, clock }),
    routes: createKeyVerificationRoutes({
      ...{ verification, verifyPresentedToken, authenticate, reportLeak, catchUp: watch.catchUp },
    }),
    guardQuery: createQueryGuard({ reportLeak }),
    close: usage.close,
  };
}
