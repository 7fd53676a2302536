/**
 * A change of a user or a client that ends what was issued before it, decided on the record as it is: read, decided,
 * and made with its revocation as one, else all of it again.
 */
import type { AuditContext, AuditEventType } from '../../audit/room.ts';
import type { Clock } from '../../clock.ts';
import { randomId } from '../../digests.ts';
import { maxAttempts } from '../../storage/change_record.ts';
import type { KillSwitches } from './kill_switches.ts';
import type { RecordChange } from './record_changes.ts';
import type { RevocationTarget } from './revocations.ts';

export type EndingSwitches = Pick<KillSwitches, 'throwSwitch' | 'throwWithChange'>;

export type EndingChange<Kept> = {
  record: RecordChange['record'];
  id: string;
  target: RevocationTarget;
  /** Of the change; it is also the reason of the revocation (`revocation.user`, `revocation.client`). */
  type: AuditEventType;
  by: AuditContext;
  /** Throws where there is none. */
  find(): Promise<Kept>;
  /** The members that get other values, null to remove the record, undefined to leave all as it is. */
  decide(record: Kept): RecordChange['to'] | undefined;
  contended(): Error;
};

/** Answers the record on which it was decided, and whether it was changed. Throws what `find` and `contended` say. */
export async function changeAndEnd<Kept extends { createdAt: number; version: number }>(
  { killSwitches, clock }: { killSwitches: EndingSwitches; clock: Clock },
  { record, id, target, type, by, find, decide, contended }: EndingChange<Kept>,
): Promise<{ found: Kept; changed: boolean }> {
  const about = record === 'user' ? { userId: id } : { clientId: id };
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await find();
    const to = decide(found);
    if (to === undefined) return { found, changed: false };
    const outcome = await killSwitches.throwWithChange(
      target,
      { type: `revocation.${record}`, ...about, ...by, reason: type },
      {
        ...{ record, id, createdAt: found.createdAt, version: found.version, to },
        event: { id: randomId(), at: clock.now(), type, outcome: 'success', ...about, ...by },
      },
    );
    if (outcome) return { found, changed: true };
  }
  throw contended();
}
