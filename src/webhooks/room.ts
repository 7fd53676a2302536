/**
 * Webhooks: sends events to the endpoints that the operator declared or made, as signed requests (Standard
 * Webhooks). The room owns that an accepted event is delivered at least once, or dropped with an audit event
 * after a day. What counts as an event is in definitions/events.ts, and is put on record by the rooms.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { serverLimits } from '../definitions/limits.ts';
import { createDispatcher, type DeliveryLog, retryPeriod } from '../deliveries/room.ts';
import type { DeliveryStore } from '../storage/deliveries.ts';
import type { WebhookOutcome } from '../telemetry/metrics.ts';
import { createSend } from './delivery_attempt.ts';
import type { WebhookOutbox } from './outbox.ts';
import { createWebhookOutcomes } from './outcomes.ts';

export { createFoldedNotices, withWebhooks } from './audited_events.ts';
export { createSend } from './delivery_attempt.ts';
export {
  createWebhookEndpoints,
  newWebhookSchema,
  type WebhookEndpoints,
  type WebhookView,
  webhookChangeSchema,
} from './endpoint_service.ts';
export { createWebhookOutbox, type WebhookOutbox } from './outbox.ts';
export { followStoredEndpoints, resealEndpoints } from './stored_endpoints.ts';

export type Webhooks = {
  start(): void;
  /** Sends everything that is due now. Resolves when each delivery was attempted. */
  drain(): Promise<void>;
  /** Leaves what is not delivered to the other processes, or to the next start. */
  close(): Promise<void>;
};

export function createWebhooks({
  outbox,
  deliveries,
  follow,
  fetch,
  audit,
  count,
  clock,
  log,
}: {
  outbox: WebhookOutbox;
  deliveries: DeliveryStore;
  /** Learns which endpoints there are by now. */
  follow?: () => Promise<unknown>;
  /** From net/outbound.ts, with `serverLimits.webhookMs`. */
  fetch: typeof globalThis.fetch;
  audit: AuditSink;
  count: (outcome: WebhookOutcome) => void;
  clock: Clock;
  log: DeliveryLog;
}): Webhooks {
  const { start, drain, close, poke } = createDispatcher({
    ...{ endpoints: outbox.endpoints, follow, deliveries, clock, log },
    atOnce: serverLimits.webhooksAtOnce,
    send: createSend({ fetch, clock }),
    outcomes: createWebhookOutcomes({ audit, count, log }),
    givenUpAt: ({ createdAt }) => createdAt + retryPeriod,
  });
  outbox.onAdded(poke);
  return { start, drain, close };
}
