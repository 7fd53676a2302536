/**
 * Webhooks: sends events to the endpoints that the operator configured, as signed requests (Standard
 * Webhooks). The room owns that an accepted event is delivered at least once, or dropped with an audit event
 * after a day. What counts as an event is up to the rooms that report it.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { WebhookDeclaration } from '../config/schema/api_keys.ts';
import type { WebhookDeliveryStore } from '../storage/webhook_deliveries.ts';
import type { WebhookOutcome } from '../telemetry/metrics.ts';
import { createSend } from './delivery_attempt.ts';
import { createDispatcher, type WebhookLog } from './dispatcher.ts';
import { endpointsOf } from './endpoints.ts';
import { createOutbox, type Notify } from './outbox.ts';

export type { Notify } from './outbox.ts';

export type Webhooks = {
  notify: Notify;
  start(): void;
  /** Sends everything that is due now. Resolves when each delivery was attempted. */
  drain(): Promise<void>;
  /** Leaves what is not delivered to the other processes, or to the next start. */
  close(): Promise<void>;
};

export function createWebhooks({
  declarations,
  deliveries,
  fetch,
  audit,
  count,
  clock,
  log,
}: {
  declarations: readonly WebhookDeclaration[];
  deliveries: WebhookDeliveryStore;
  /** From net/outbound.ts, with `serverLimits.webhookMs`. */
  fetch: typeof globalThis.fetch;
  audit: AuditSink;
  count: (outcome: WebhookOutcome) => void;
  clock: Clock;
  log: WebhookLog;
}): Webhooks {
  const endpoints = endpointsOf(declarations);
  const send = createSend({ fetch, clock });
  const dispatcher = createDispatcher({ endpoints, deliveries, send, audit, count, clock, log });
  const { start, drain, close, poke } = dispatcher;
  return {
    notify: createOutbox({ endpoints, deliveries, clock, onAdded: poke }),
    ...{ start, drain, close },
  };
}
