/**
 * Changes with their events, on either store: the event is kept with the change, in one write, and stays there until
 * it is in the trail. So whoever finds one that a dead process left puts it on record, and an event is on record only
 * of a change that was made.
 */
import type { Clock } from '../clock.ts';
import { randomId } from '../digests.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import type { AuditRecord, AuditSink, ChangeSink } from './events.ts';

export type RecordedChanges = Pick<ChangeSink, 'recordChange' | 'recordChanges'> & {
  /** Puts on record what was left at least `olderThanMs` ago. Answers how many events that were. */
  resume(olderThanMs: number): Promise<number>;
};

const resumeBatch = 100;

export function createRecordedChanges({
  record,
  store,
  clock,
}: {
  record: AuditSink['record'];
  store: Pick<AuditStore, 'unsettled' | 'settle'>;
  clock: Clock;
}): RecordedChanges {
  const finish = async (event: AuditEvent) => {
    await record(event as AuditRecord);
    await store.settle(event);
  };

  const complete = ({ forReceivers: _told, ...given }: AuditRecord): AuditEvent => ({
    ...{ id: randomId(), at: clock.now(), ...given },
  });
  const recordChanges: RecordedChanges['recordChanges'] = async (given, change) => {
    const events = given.map(complete);
    if (!(await change(events))) return false;
    for (const event of events) await finish(event);
    return true;
  };

  return {
    recordChanges,
    recordChange: (given, change) =>
      recordChanges([given], ([event]) => change(event as AuditEvent)),

    async resume(olderThanMs) {
      const left = await store.unsettled({ before: clock.now() - olderThanMs, limit: resumeBatch });
      for (const event of left) await finish(event);
      return left.length;
    },
  };
}
