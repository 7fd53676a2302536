/**
 * What a token is worth, and when it is no longer worth anything. Puts this room's parts together: revocation,
 * the status lists, and reading and issuing JWT access tokens outside the protocol engine's flows.
 */
import type { Clock } from '../clock.ts';
import type { Keyring, Sign, SigningKeyOrder } from '../signing_keys/room.ts';
import type { Store } from '../storage/store.ts';
import { type AccessTokenIssuer, createAccessTokenIssuer } from './access/access_token_issuer.ts';
import { type AccessTokenReader, createAccessTokenReader } from './access/access_token_reader.ts';
import { createSigningKeyWatch, type FollowSigningKeys } from './access/signing_key_watch.ts';
import type { KillSwitches } from './revocation/kill_switches.ts';
import { createResumption, type ResumptionLog } from './revocation/resumption.ts';
import type { Revocations } from './revocation/revocations.ts';
import { createStatusRoom, type StatusRoom } from './status/room.ts';
import type { StatusAssignment } from './status/status_assignment.ts';

export {
  type AccessTokenIssuer,
  createAccessTokenIssuer,
  type IssuedAccessToken,
} from './access/access_token_issuer.ts';
export {
  type AccessTokenReader,
  createAccessTokenReader,
  looksLikeJwt,
  type ReadAccessToken,
  type TokenFault,
} from './access/access_token_reader.ts';
export {
  type Actor,
  type ApiKeyClaim,
  exchangeError,
  planExchange,
  type SubjectToken,
} from './access/exchange_rules.ts';
export type { OpaqueToken } from './access/opaque_token.ts';
export {
  type ArePrincipalsActive,
  apiKeysBehind,
  createPrincipalCheck,
  type IsApiKeyUsable,
  type TokenPrincipals,
} from './access/principals.ts';
export { createRememberedTokens } from './access/remembered_tokens.ts';
export { scopeWords } from './access/scope_words.ts';
export type { FollowSigningKeys } from './access/signing_key_watch.ts';
export type { EstimateRevocation } from './revocation/estimate.ts';
export { familyOf, sessionReference } from './revocation/families.ts';
export type {
  KillSwitches,
  RevocationCounts,
  RevocationOutcome,
} from './revocation/kill_switches.ts';
export { type NamedRevocation, revocationOf } from './revocation/named_revocations.ts';
export type { ApiKeyRevoker } from './revocation/owned_keys.ts';
export {
  markerKeyOf,
  type RevocationMarker,
  type Revocations,
  type RevocationTarget,
  type TokenLinks,
} from './revocation/revocations.ts';
export { changeRecordAndRevoke, type RevokingSwitches } from './revocation/revoking_change.ts';
export { createStoreSwitches } from './revocation/store_switches.ts';
export { createListRegistry, type ListRegistry } from './status/list_registry.ts';
export { createProjection } from './status/projection.ts';
export { createRevokedRanges } from './status/revoked_ranges.ts';
export type { StatusListRoutes } from './status/routes.ts';
export {
  type StatusAssignment,
  type StatusClaim,
  statusListUri,
} from './status/status_assignment.ts';
export { createStatusRecords, positionOf, type StatusRecords } from './status/status_records.ts';

export type TokensRoom = {
  accessTokens: AccessTokenReader;
  status: StatusRoom;
  assignment: StatusAssignment;
  issuer: AccessTokenIssuer;
  followSigningKeys: FollowSigningKeys;
  /** Loads the status lists and finishes the revocations of processes that died. Throws StoreUnavailableError. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export function createTokensRoom({
  issuer,
  store,
  keys,
  sign,
  revocations,
  killSwitches,
  resumeEvents,
  catchUp,
  refreshSigningKeys,
  removeSigningKey,
  longestTokenLifetimeMs,
  effectiveWithin,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<Store, 'documents' | 'revocations' | 'statusLeases' | 'statusRanges' | 'artifacts'>;
  keys: Pick<Keyring, 'snapshot'>;
  sign: Sign;
  /** Revocations that poke `status` where they are made. */
  revocations: Revocations;
  killSwitches: Pick<KillSwitches, 'resume'>;
  /** Puts on record the events of changes whose process died. */
  resumeEvents: (olderThanMs: number) => Promise<number>;
  /** See MarkerWatch. */
  catchUp: () => Promise<number>;
  /** Creates the next signing key after one was revoked, here or elsewhere. */
  refreshSigningKeys: () => void;
  removeSigningKey: (kid: string, order: SigningKeyOrder) => Promise<unknown>;
  longestTokenLifetimeMs: () => number;
  /** `revocation.effective_within`, in seconds. */
  effectiveWithin: number;
  clock: Clock;
  log: ResumptionLog;
}): TokensRoom {
  const { follow: followSigningKeys, followUnlessJustNow } = createSigningKeyWatch({
    ...{ catchUp, markers: store.revocations, keys, removeSigningKey, clock },
  });
  const status = createStatusRoom({
    ...{ issuer, store, keys, sign, effectiveWithin, longestTokenLifetimeMs, clock, log },
    onSigningKeyRevoked: () =>
      void followSigningKeys()
        .catch(() => {})
        .then(refreshSigningKeys),
  });
  const resumption = createResumption({
    resumers: [killSwitches.resume, resumeEvents],
    clock,
    log,
  });
  const assignment = status.assignment(revocations);

  return {
    ...{ status, assignment, followSigningKeys },
    accessTokens: createAccessTokenReader({
      ...{
        issuer,
        keyring: keys,
        followSigningKeys,
        revocations,
        artifacts: store.artifacts,
        clock,
      },
      status: status.records,
    }),
    issuer: createAccessTokenIssuer({
      ...{ issuer, sign, followUnlessJustNow, status: assignment, clock },
      currentKey: () => keys.snapshot().current,
    }),
    async start() {
      await Promise.all([status.start(), resumption.start()]);
    },
    async close() {
      await Promise.all([status.close(), resumption.stop()]);
    },
  };
}
