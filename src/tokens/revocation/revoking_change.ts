/**
 * Changes a user or client and revokes everything issued to them before, based on the current record. If the
 * record changed in the meantime, it starts over.
 */
import { type ChangeContext, changeOf, onRecord } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import type { AuditEventType } from '../../definitions/events.ts';
import { randomId } from '../../digests.ts';
import { maxAttempts, requireVersion } from '../../storage/change_record.ts';
import type { KillSwitches } from './kill_switches.ts';
import type { RecordChange } from './record_changes.ts';
import type { RevocationTarget } from './revocations.ts';

export type RevokingSwitches = Pick<
  KillSwitches,
  'throwSwitch' | 'throwWithChange' | 'changeAndRevoke'
>;

export type RevokingChange<Stored> = {
  record: RecordChange['record'];
  id: string;
  target: RevocationTarget;
  /** The audit event of the change. Also the reason of the revocation (`revocation.user`, `revocation.client`). */
  type: AuditEventType;
  by: ChangeContext;
  /** Throws if there is none. */
  find(): Promise<Stored>;
  /** The members to change and their new values, null to delete the record, undefined to leave it as it is. */
  decide(record: Stored): RecordChange['to'] | undefined;
  contended(): Error;
};

/**
 * Returns the record that the decision was based on, and whether it was changed. Throws what `find` and
 * `contended` throw, and CardeaError `version_mismatch` (412).
 */
export async function changeRecordAndRevoke<Kept extends { createdAt: number; version: number }>(
  { killSwitches, clock }: { killSwitches: RevokingSwitches; clock: Clock },
  { record, id, target, type, by: change, find, decide, contended }: RevokingChange<Kept>,
): Promise<{ found: Kept; changed: boolean }> {
  const by = onRecord(change);
  const about = record === 'user' ? { userId: id } : { clientId: id };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await find();
    requireVersion(found, change);
    const to = decide(found);
    if (to === undefined) return { found, changed: false };
    const outcome = await killSwitches.throwWithChange(
      target,
      { type: `revocation.${record}`, ...about, ...by, reason: type },
      {
        ...{ record, id, createdAt: found.createdAt, version: found.version, to },
        event: {
          ...{ id: randomId(), at: clock.now(), type, outcome: 'success', ...about, ...by },
          ...changeOf(
            { kind: record, id },
            found as never,
            to === null ? undefined : ({ ...found, ...to } as never),
          ),
        },
      },
    );
    if (outcome) return { found, changed: true };
  }
  throw contended();
}
