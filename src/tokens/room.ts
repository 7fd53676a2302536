/**
 * What a token is worth, and when it no longer is: the parts of this room put together. It owns revocation, the
 * status lists, the reading and issuing of JWT access tokens outside of the protocol engine's flows.
 */
import type { ApiRegistry } from '../apis/room.ts';
import type { AuditSink } from '../audit/room.ts';
import type { AnnounceChange } from '../caching/change_markers.ts';
import type { Clock } from '../clock.ts';
import type { Keyring, Sign } from '../signing_keys/room.ts';
import type { Store } from '../storage/store.ts';
import { type AccessTokenReader, createAccessTokenReader } from './access/access_token_reader.ts';
import { createTokenIssuer, type TokenIssuer } from './access/issuer.ts';
import { createKeyWatch, type FollowKeys } from './access/signing_key_watch.ts';
import type { KeyEnds, KillSwitches } from './revocation/kill_switches.ts';
import { createResumption, type ResumptionLog } from './revocation/resumption.ts';
import type { Revocations } from './revocation/revocations.ts';
import { createStoreSwitches } from './revocation/store_switches.ts';
import type { StatusAssignment } from './status/assignment.ts';
import { createStatusRoom, type StatusRoom } from './status/room.ts';

export {
  type AccessTokenReader,
  createAccessTokenReader,
  looksLikeJwt,
  type ReadAccessToken,
} from './access/access_token_reader.ts';
export {
  type Actor,
  type ApiKeyClaim,
  planExchange,
  type SubjectToken,
} from './access/exchange.ts';
export {
  type AreHoldersActive,
  apiKeysBehind,
  createHolders,
  type HoldersOf,
  type IsKeyUsable,
} from './access/holders.ts';
export type { IssuedToken, TokenIssuer } from './access/issuer.ts';
export { createKnownTokens } from './access/known_tokens.ts';
export type { OpaqueToken } from './access/opaque_token.ts';
export { scopeWords } from './access/scope_words.ts';
export type { FollowKeys } from './access/signing_key_watch.ts';
export { changeAndEnd, type EndingSwitches } from './revocation/ending_change.ts';
export { familyOf, sessionReference } from './revocation/families.ts';
export type { KeyEnds, KillSwitches, Order, Outcome } from './revocation/kill_switches.ts';
export {
  keyOf,
  type Marked,
  type Revocations,
  type RevocationTarget,
  type TokenLinks,
} from './revocation/revocations.ts';
export { createStoreSwitches } from './revocation/store_switches.ts';
export { type StatusAssignment, type StatusClaim, statusListUri } from './status/assignment.ts';
export { createHitRanges } from './status/hit_ranges.ts';
export { createListRegistry, type ListRegistry } from './status/list_registry.ts';
export { createProjection } from './status/projection.ts';
export { createStatusRecords, positionOf, type StatusRecords } from './status/records.ts';

export type TokensRoom = {
  revocations: Revocations;
  accessTokens: AccessTokenReader;
  killSwitches: KillSwitches;
  status: StatusRoom;
  assignment: StatusAssignment;
  issuer: TokenIssuer;
  followKeys: FollowKeys;
  /** Loads the status lists and finishes what processes that died left. StoreUnavailableError. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export function createTokensRoom({
  issuer,
  store,
  keys,
  sign,
  catchUp,
  refreshKeys,
  unpublishKey,
  keyEnds,
  announce,
  longestTokenLifetimeMs,
  effectiveWithin,
  apis,
  audit,
  clock,
  log,
}: {
  issuer: string;
  store: Pick<
    Store,
    'documents' | 'revocations' | 'statusRanges' | 'artifacts' | 'users' | 'clients'
  >;
  keys: Pick<Keyring, 'snapshot'>;
  sign: Sign;
  /** See MarkerWatch. */
  catchUp: () => Promise<number>;
  /** Makes the next key where one was revoked, here or elsewhere. */
  refreshKeys: () => void;
  unpublishKey: (kid: string, reason: string) => Promise<unknown>;
  keyEnds: KeyEnds;
  announce: AnnounceChange;
  longestTokenLifetimeMs: () => number;
  /** `revocation.effective_within`: seconds. */
  effectiveWithin: number;
  apis: ApiRegistry;
  audit: AuditSink;
  clock: Clock;
  log: ResumptionLog;
}): TokensRoom {
  const followKeys = createKeyWatch({
    ...{ catchUp, markers: store.revocations, keys, unpublishKey, clock },
  });
  const status = createStatusRoom({
    ...{ issuer, store, keys, sign, effectiveWithin, longestTokenLifetimeMs, clock, log },
    onKeyRevoked: () =>
      void followKeys()
        .catch(() => {})
        .then(refreshKeys),
  });
  const { revocations, killSwitches } = createStoreSwitches({
    ...{ store, unpublishKey, keyEnds, announce, effectiveWithin, apis, audit, clock },
    onMarked: status.poke,
  });
  const resumption = createResumption({ killSwitches, log });
  const assignment = status.assignment(revocations);

  return {
    ...{ revocations, killSwitches, status, assignment, followKeys },
    accessTokens: createAccessTokenReader({
      ...{ issuer, keyring: keys, followKeys, revocations, artifacts: store.artifacts, clock },
      status: status.records,
    }),
    issuer: createTokenIssuer({
      ...{ issuer, sign, followKeys, status: assignment, clock },
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
