/**
 * What is told of deliveries to webhooks: in the log, in metrics, and of those that are given up in the audit trail.
 */
import type { AuditSink } from '../audit/room.ts';
import type { DeliveryLog, Outcomes } from '../deliveries/room.ts';
import type { Delivery } from '../storage/deliveries.ts';
import type { WebhookOutcome } from '../telemetry/metrics.ts';
import type { WebhookEndpoint } from './endpoints.ts';

export function createWebhookOutcomes({
  audit,
  count,
  log,
}: {
  audit: AuditSink;
  count: (outcome: WebhookOutcome) => void;
  log: DeliveryLog;
}): Outcomes<WebhookEndpoint> {
  const fieldsOf = (
    { host }: WebhookEndpoint,
    { message, attempts }: Delivery,
    reason: string,
  ) => ({
    ...{ webhook: host, message, attempts, reason },
  });
  return {
    delivered: () => count('delivered'),
    failed(endpoint, delivery, reason, againInMs) {
      count('failed');
      const fields = fieldsOf(endpoint, delivery, reason);
      log.warn({ ...fields, again_in_s: Math.round(againInMs / 1000) }, 'webhook failed');
    },
    async dropped(endpoint, delivery, reason) {
      const fields = fieldsOf(endpoint, delivery, reason);
      log.error(fields, 'webhook dropped');
      await audit.record({
        type: 'webhook.dropped',
        outcome: 'failure',
        actor: 'system',
        target: { kind: 'webhook', id: endpoint.id },
        details: { ...fields, event: eventType(delivery) },
      });
      count('dropped');
    },
  };
}

function eventType({ payload }: Delivery): unknown {
  return (JSON.parse(payload) as { type: unknown }).type;
}
