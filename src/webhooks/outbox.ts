/**
 * Accepts events: each becomes one delivery per endpoint that wants it, durably, before anything is sent.
 */
import type { Clock } from '../clock.ts';
import type { WebhookDeclaration } from '../config/schema/api_keys.ts';
import type { AuditEventType } from '../definitions/events.ts';
import { dayMs } from '../definitions/units.ts';
import { sha256 } from '../digests.ts';
import type { DeliveryStore } from '../storage/deliveries.ts';
import { endpointsOf, type WebhookEndpoint } from './endpoints.ts';

export type WebhookEvent = {
  /** Any text. The same whenever the event is sent again, so that receivers can tell. */
  id: string;
  type: AuditEventType;
  /** When it happened, in milliseconds since the epoch. */
  at: number;
  /** Never contains a secret. */
  data: Record<string, unknown>;
};

/**
 * Resolves when delivery is guaranteed, whatever happens to this process. An event that was already accepted,
 * by any process, is not delivered again. Throws StoreUnavailableError.
 */
type Notify = (event: WebhookEvent) => Promise<void>;

/**
 * How long deliveries are kept, in milliseconds. Longer than they are retried, so that a cluster that was
 * down for days still sends what it knew, and still recognizes an event accepted before.
 */
const retentionMs = 7 * dayMs;

export type WebhookOutbox = {
  /** Those of the file, then those of the store. */
  endpoints(): readonly WebhookEndpoint[];
  /** Replaces those of the store. */
  adopt(stored: readonly WebhookEndpoint[]): void;
  /** Whether there is an endpoint that wants such events. */
  wants(type: AuditEventType): boolean;
  notify: Notify;
  /** `listener` is called whenever there is something to send. */
  onAdded(listener: () => void): void;
};

export function createWebhookOutbox({
  declarations,
  deliveries,
  clock,
}: {
  declarations: readonly WebhookDeclaration[];
  deliveries: Pick<DeliveryStore, 'add'>;
  clock: Clock;
}): WebhookOutbox {
  const declared = endpointsOf(declarations);
  let endpoints: readonly WebhookEndpoint[] = declared;
  const listeners: (() => void)[] = [];
  return {
    endpoints: () => endpoints,
    adopt(stored) {
      endpoints = [...declared, ...stored];
    },
    wants: (type) => endpoints.some((endpoint) => endpoint.wants(type)),
    onAdded: (listener) => void listeners.push(listener),
    async notify({ id, type, at, data }) {
      const wanting = endpoints.filter((endpoint) => endpoint.wants(type));
      if (wanting.length === 0) return;
      const now = clock.now();
      const message = `msg_${sha256(`${type} ${id}`).slice(0, 32)}`;
      const payload = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
      await deliveries.add(
        wanting.map((endpoint) => ({
          id: `${message}.${endpoint.id}`,
          endpoint: endpoint.id,
          ...{ message, payload, note: '', attempts: 0 },
          ...{ createdAt: now, dueAt: now, expiresAt: now + retentionMs },
        })),
      );
      for (const listener of listeners) listener();
    },
  };
}
