/**
 * Sends what is put on record to webhooks, where the table of events (definitions/events.ts) says so. No room
 * notifies receivers itself: it records.
 */
import type { Audit, AuditRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { isWebhookEvent } from '../definitions/events.ts';
import { randomId } from '../digests.ts';
import type { Notify } from './outbox.ts';

/**
 * The same sinks. An event for webhooks is accepted for delivery before it is on record, under the same id and time:
 * whoever repeats it after a crash repeats neither.
 */
export function withWebhooks<Sink extends Partial<Pick<Audit, 'record' | 'recordSoon'>>>(
  audit: Sink,
  { notify, clock }: { notify: Notify; clock: Clock },
): Sink {
  const told =
    (record: (event: AuditRecord) => Promise<void>) =>
    async (event: AuditRecord): Promise<void> => {
      const { type } = event;
      if (!isWebhookEvent(type)) return record(event);
      const { id = randomId(), at = clock.now() } = event;
      await notify({ id, type, at, data: dataOf(event) });
      await record({ ...event, id, at });
    };
  return {
    ...audit,
    ...(audit.record && { record: told(audit.record) }),
    ...(audit.recordSoon && { recordSoon: told(audit.recordSoon) }),
  };
}

function dataOf({ details, forReceivers, clientId, userId }: AuditRecord): Record<string, unknown> {
  return {
    ...details,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(userId !== undefined && { user_id: userId }),
    ...forReceivers,
  };
}
