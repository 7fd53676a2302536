/**
 * Changes with their events, on either store: the event is kept with the change, in one write, and stays there until
 * it is in the trail. So whoever finds one that a dead process left puts it on record, and an event is on record only
 * of a change that was made.
 */
import type { Clock } from '../clock.ts';
import { randomId } from '../digests.ts';
import type { AuditEvent, AuditStore } from '../storage/audit_events.ts';
import type { AuditRecord, AuditSink, ChangeSink } from './events.ts';

export type RecordedChanges = Pick<ChangeSink, 'recordChange'> & {
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

  return {
    async recordChange({ forReceivers: _told, ...given }, change) {
      const event = { id: randomId(), at: clock.now(), ...given };
      if (!(await change(event))) return false;
      await finish(event);
      return true;
    },

    async resume(olderThanMs) {
      const left = await store.unsettled({ before: clock.now() - olderThanMs, limit: resumeBatch });
      for (const event of left) await finish(event);
      return left.length;
    },
  };
}
