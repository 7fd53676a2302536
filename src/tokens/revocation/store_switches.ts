/**
 * Revocation and the kill switches on a store. The server and the command line create the same.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { AuditSink } from '../../audit/room.ts';
import type { AnnounceChange } from '../../caching/change_markers.ts';
import type { MarkerWatch } from '../../caching/marker_watch.ts';
import type { Clock } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import type { SigningKeyOrder } from '../../signing_keys/room.ts';
import type { Store } from '../../storage/store.ts';
import { createRevokedRanges } from '../status/revoked_ranges.ts';
import { createRevocationEstimate, type EstimateRevocation } from './estimate.ts';
import { createKillSwitches, type KillSwitches } from './kill_switches.ts';
import type { ApiKeyRevoker } from './owned_keys.ts';
import { createRecordChanges } from './record_changes.ts';
import { rememberMarkers } from './remembered_markers.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import { createRevokedTokens } from './revoked_tokens.ts';
import { createWorkClaims } from './work_claims.ts';

export function createStoreSwitches({
  store,
  removeSigningKey,
  apiKeyRevoker,
  watch,
  announce,
  effectiveWithin,
  onMarked = () => {},
  apis,
  audit,
  clock,
}: {
  store: Pick<
    Store,
    | 'documents'
    | 'revocations'
    | 'statusLeases'
    | 'statusRanges'
    | 'artifacts'
    | 'users'
    | 'clients'
  >;
  removeSigningKey: (kid: string, order: SigningKeyOrder) => Promise<unknown>;
  apiKeyRevoker: ApiKeyRevoker;
  watch: MarkerWatch;
  /** Notifies the processes that cache clients. */
  announce: AnnounceChange;
  /** `revocation.effective_within`, in seconds. */
  effectiveWithin: number;
  /** See createRevocations. */
  onMarked?: () => void;
  apis: ApiRegistry;
  audit: AuditSink;
  clock: Clock;
}): { revocations: Revocations; killSwitches: KillSwitches; estimate: EstimateRevocation } {
  const { statusRanges: ranges, statusLeases: leases, artifacts } = store;
  const markers = rememberMarkers(store.revocations, { watch, clock });
  const revocations = createRevocations({ markers, artifacts, clock, onMarked });
  const findRevokedRanges = createRevokedRanges({ ranges, leases, clock });
  const killSwitches = createKillSwitches({
    ...{ revocations, markers, removeSigningKey, apiKeyRevoker, audit, apis, clock },
    revokedTokens: createRevokedTokens({ findRevokedRanges, ranges, clock }),
    claims: createWorkClaims({ documents: store.documents, clock, owner: randomId() }),
    makeChange: createRecordChanges({ store, announce, audit, clock }),
    maxEffectiveWithin: effectiveWithin,
  });
  const estimate = createRevocationEstimate({
    ...{ findRevokedRanges, markers, ranges, clock },
  });
  return { revocations, killSwitches, estimate };
}
