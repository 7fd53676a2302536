/**
 * Revocation and the kill switches on a store: the server and the operator's commands make the same.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { AuditSink } from '../../audit/room.ts';
import type { AnnounceChange } from '../../caching/change_markers.ts';
import type { Clock } from '../../clock.ts';
import type { Store } from '../../storage/store.ts';
import { createHitRanges } from '../status/hit_ranges.ts';
import { createKillSwitches, type KeyEnds, type KillSwitches } from './kill_switches.ts';
import { createRecordChanges } from './record_changes.ts';
import { createRevocations, type Revocations } from './revocations.ts';

export function createStoreSwitches({
  store,
  unpublishKey,
  keyEnds,
  announce,
  effectiveWithin,
  onMarked = () => {},
  apis,
  audit,
  clock,
}: {
  store: Pick<Store, 'revocations' | 'statusRanges' | 'artifacts' | 'users' | 'clients'>;
  unpublishKey: (kid: string, reason: string) => Promise<unknown>;
  keyEnds: KeyEnds;
  /** Tells the processes that keep clients in memory. */
  announce: AnnounceChange;
  /** `revocation.effective_within`: seconds. */
  effectiveWithin: number;
  /** See createRevocations. */
  onMarked?: () => void;
  apis: ApiRegistry;
  audit: AuditSink;
  clock: Clock;
}): { revocations: Revocations; killSwitches: KillSwitches } {
  const { revocations: markers, statusRanges: ranges, artifacts } = store;
  const revocations = createRevocations({ markers, artifacts, clock, onMarked });
  const killSwitches = createKillSwitches({
    ...{ revocations, markers, unpublishKey, keyEnds, audit, apis, clock },
    hitRanges: createHitRanges({ ranges, clock }),
    makeChange: createRecordChanges({ store, announce, audit, clock }),
    promise: effectiveWithin,
  });
  return { revocations, killSwitches };
}
