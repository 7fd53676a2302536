/**
 * Sends what is put on record to the webhooks that want it. No room notifies receivers itself: it records.
 */
import type { Audit, AuditRecord } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { hourMs } from '../definitions/units.ts';
import { randomId } from '../digests.ts';
import type { AuditEvent } from '../storage/audit_events.ts';
import type { CounterStore } from '../storage/counters.ts';
import type { WebhookOutbox } from './outbox.ts';

type Outbox = Pick<WebhookOutbox, 'wants' | 'notify'>;

/**
 * The same sinks. An event for webhooks is accepted for delivery before it is on record, under the same id and time:
 * whoever repeats it after a crash repeats neither.
 */
export function withWebhooks<Sink extends Partial<Pick<Audit, 'record' | 'recordSoon'>>>(
  audit: Sink,
  { outbox, clock }: { outbox: Outbox; clock: Clock },
): Sink {
  const told =
    (record: (event: AuditRecord) => Promise<void>) =>
    async (event: AuditRecord): Promise<void> => {
      if (!outbox.wants(event.type) || isOfItself(event)) return record(event);
      const { id = randomId(), at = clock.now(), type } = event;
      await outbox.notify({ id, type, at, data: dataOf(event) });
      await record({ ...event, id, at });
    };
  return {
    ...audit,
    ...(audit.record && { record: told(audit.record) }),
    ...(audit.recordSoon && { recordSoon: told(audit.recordSoon) }),
  };
}

/** Messages of one type in an hour, of all networks and nodes. */
const mostOfStrangers = 100;

/**
 * Sends the first of events that were folded into one. Anybody can cause them, so that there are a hundred of a type in
 * an hour: the others are in the trail alone, and strangers cannot fill the queue.
 */
export function createFoldedNotices({
  outbox,
  counters,
  clock,
}: {
  outbox: Outbox;
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
}): (event: AuditEvent) => Promise<void> {
  return async (event) => {
    const type = event.type as AuditRecord['type'];
    if (!outbox.wants(type)) return;
    const { count } = await counters.add(`webhooks_of:${type}`, 1, hourMs, clock.now());
    if (count > mostOfStrangers) return;
    const { id, at } = event;
    await outbox.notify({ id, type, at, data: dataOf(event as AuditRecord) });
  };
}

/** That a delivery was given up, of a delivery of just that: a receiver that refuses it would be told for ever. */
function isOfItself({ type, details }: AuditRecord): boolean {
  return type === 'webhook.dropped' && details?.event === type;
}

function dataOf(event: AuditRecord): Record<string, unknown> {
  const { details, forReceivers, clientId, userId, outcome } = event;
  const { actor, onBehalfOf, target, before, after, reason } = event;
  return {
    ...details,
    ...(outcome !== 'success' && { outcome }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(userId !== undefined && { user_id: userId }),
    ...(actor !== undefined && { actor }),
    ...(onBehalfOf !== undefined && { on_behalf_of: onBehalfOf }),
    ...(target && { target }),
    ...(before && { before }),
    ...(after && { after }),
    ...(reason !== undefined && { reason }),
    ...forReceivers,
  };
}
