/**
 * The way in: an event becomes one delivery for each endpoint that wants it, durably, before anything is sent.
 */
import type { Clock } from '../clock.ts';
import { sha256 } from '../digests.ts';
import type { WebhookDeliveryStore } from '../storage/webhook_deliveries.ts';
import type { Endpoint } from './endpoints.ts';

export type WebhookEvent = {
  /** Any text; the same whenever the event is told again, so that receivers can tell. */
  id: string;
  /** Such as `api_key.leaked`. */
  type: string;
  /** When it happened: milliseconds since the epoch. */
  at: number;
  /** Never a secret. */
  data: Record<string, unknown>;
};

/**
 * Resolves when the event will be delivered, whatever becomes of this process; one that was told before, by whomever,
 * is not delivered again for that. StoreUnavailableError.
 */
export type Notify = (event: WebhookEvent) => Promise<void>;

/**
 * How long deliveries are kept (ms): longer than they are tried, so that a cluster that was down for some days still
 * tells what it knew, and that an event which is told again then was heard of.
 */
const keptFor = 7 * 86_400_000;

export function createOutbox({
  endpoints,
  deliveries,
  clock,
  onAdded = () => {},
}: {
  endpoints: readonly Endpoint[];
  deliveries: Pick<WebhookDeliveryStore, 'add'>;
  clock: Clock;
  /** Called when there is something to send. */
  onAdded?: () => void;
}): Notify {
  return async ({ id, type, at, data }) => {
    const wanting = endpoints.filter((endpoint) => endpoint.wants(type));
    if (wanting.length === 0) return;
    const now = clock.now();
    const message = `msg_${sha256(`${type} ${id}`).slice(0, 32)}`;
    const payload = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
    await deliveries.add(
      wanting.map((endpoint) => ({
        id: `${message}.${endpoint.id}`,
        endpoint: endpoint.id,
        ...{ message, payload, attempts: 0 },
        ...{ createdAt: now, dueAt: now, expiresAt: now + keptFor },
      })),
    );
    onAdded();
  };
}
