/**
 * Sends what is due in the queue, a few deliveries at a time for each endpoint, so that a slow endpoint holds
 * up no other. A claim is a lease: what a process had claimed when it died is due again when the claim
 * expires. So a receiver may get an event twice (with the same id) but always gets it.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import { serverLimits } from '../definitions/limits.ts';
import type { WebhookDelivery, WebhookDeliveryStore } from '../storage/webhook_deliveries.ts';
import type { WebhookOutcome } from '../telemetry/metrics.ts';
import type { AttemptResult, Send } from './delivery_attempt.ts';
import type { WebhookEndpoint } from './endpoints.ts';
import { pauseAfter, retryPeriod } from './retries.ts';

export type WebhookLog = Record<'warn' | 'error', (fields: object, message: string) => void>;

export type Dispatcher = {
  /** Polls regularly for what is due. */
  start(): void;
  /** Polls at once. */
  poke(): void;
  /** Sends everything that is due now. Resolves when each delivery was attempted. Never throws. */
  drain(): Promise<void>;
  /** Aborts the current attempts. Their deliveries are due again at once. */
  close(): Promise<void>;
};

type Lane = {
  /** Of the endpoint. */
  id: string;
  underWay: Set<Promise<void>>;
  looking: Promise<void> | undefined;
  /** Something may be due that was not polled for. */
  hasMore: boolean;
};

/** Longer than an attempt takes. Milliseconds. */
const deliveryClaimMs = 60_000;
const pollEveryMs = 2000;

export function createDispatcher({
  endpoints,
  follow,
  deliveries,
  send,
  audit,
  count,
  clock,
  log,
}: {
  /** Those that there are at the moment. */
  endpoints: () => readonly WebhookEndpoint[];
  /** Learns which there are by now. */
  follow: () => Promise<unknown>;
  deliveries: Pick<WebhookDeliveryStore, 'claim' | 'putOff' | 'finish'>;
  send: Send;
  audit: AuditSink;
  count: (outcome: WebhookOutcome) => void;
  clock: Clock;
  log: WebhookLog;
}): Dispatcher {
  const ending = new AbortController();
  /** By endpoint. */
  const lanes = new Map<string, Lane>();
  let timer: NodeJS.Timeout | undefined;

  const current = (id: string) => endpoints().find((endpoint) => endpoint.id === id);

  /** The lanes of the endpoints that there are. What is under way of others ends by itself. */
  const openLanes = (): Lane[] => {
    for (const [id, { looking, underWay }] of lanes) {
      if (!looking && underWay.size === 0 && !current(id)) lanes.delete(id);
    }
    return endpoints().map(({ id }) => {
      const lane = lanes.get(id) ?? { id, underWay: new Set(), looking: undefined, hasMore: false };
      lanes.set(id, lane);
      return lane;
    });
  };

  const drop = async (endpoint: WebhookEndpoint, delivery: WebhookDelivery, reason: string) => {
    const { id, message, attempts } = delivery;
    const fields = { webhook: endpoint.host, message, attempts, reason };
    log.error(fields, 'webhook dropped');
    await audit.record({
      type: 'webhook.dropped',
      outcome: 'failure',
      actor: 'system',
      target: { kind: 'webhook', id: endpoint.id },
      details: { ...fields, event: eventType(delivery) },
    });
    await deliveries.finish(id);
    count('dropped');
  };

  const settle = async (
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
    attempt: AttemptResult,
  ) => {
    const { id, message, attempts, createdAt } = delivery;
    if (attempt.result === 'delivered') {
      await deliveries.finish(id);
      count('delivered');
      return;
    }
    const { reason } = attempt;
    const now = clock.now();
    if (ending.signal.aborted) {
      await deliveries.putOff(id, attempts, { dueAt: now });
      return;
    }
    if (attempt.result === 'refused') return drop(endpoint, delivery, reason);
    const dueAt = Math.ceil(now + pauseAfter(attempts, attempt));
    if (dueAt > createdAt + retryPeriod) return drop(endpoint, delivery, reason);
    await deliveries.putOff(id, attempts, { dueAt, failure: reason });
    count('failed');
    const fields = { webhook: endpoint.host, message, attempts, reason };
    log.warn({ ...fields, again_in_s: Math.round((dueAt - now) / 1000) }, 'webhook failed');
  };

  const attempt = async (endpoint: WebhookEndpoint, delivery: WebhookDelivery) => {
    try {
      await settle(endpoint, delivery, await send(endpoint, delivery, ending.signal));
    } catch (error) {
      // It is due again when the claim expires.
      log.warn({ err: error, message: delivery.message }, 'webhook waits for the store');
    }
  };

  /** Uses the free capacity of a lane. Each finished delivery polls again. */
  const fill = async (lane: Lane) => {
    const { underWay } = lane;
    while (lane.hasMore && underWay.size < serverLimits.webhooksAtOnce && !ending.signal.aborted) {
      lane.hasMore = false;
      // As it is by now; it may have been removed or disabled.
      const endpoint = current(lane.id);
      if (!endpoint) return;
      const now = clock.now();
      const limit = serverLimits.webhooksAtOnce - underWay.size;
      const claim = { endpoint: endpoint.id, now, until: now + deliveryClaimMs, limit };
      for (const delivery of await deliveries.claim(claim)) {
        const work = attempt(endpoint, delivery).finally(() => {
          underWay.delete(work);
          void look(lane);
        });
        underWay.add(work);
      }
    }
  };

  const look = (lane: Lane): Promise<void> => {
    lane.hasMore = true;
    lane.looking ??= fill(lane)
      .catch((error) => log.warn({ err: error }, 'webhooks wait for the store'))
      .finally(() => {
        lane.looking = undefined;
      });
    return lane.looking;
  };

  const drainLane = async (lane: Lane) => {
    do {
      await look(lane);
      await Promise.all(lane.underWay);
    } while ((lane.underWay.size > 0 || lane.looking) && !ending.signal.aborted);
  };

  const poke = () => {
    if (ending.signal.aborted) return;
    for (const lane of openLanes()) void look(lane);
  };

  const schedule = () => {
    if (ending.signal.aborted) return;
    // Several workers look at the same store. Random pauses keep them apart.
    const pause = pollEveryMs * (0.5 + Math.random());
    timer = setTimeout(async () => {
      // Without the store there is nothing to send either.
      await follow().then(poke, () => {});
      schedule();
    }, pause).unref();
  };

  return {
    start: schedule,
    poke,
    async drain() {
      await Promise.all(openLanes().map(drainLane));
    },
    async close() {
      clearTimeout(timer);
      ending.abort();
      for (const { looking, underWay } of lanes.values()) {
        await looking;
        await Promise.all(underWay);
      }
    },
  };
}

function eventType({ payload }: WebhookDelivery): unknown {
  return (JSON.parse(payload) as { type: unknown }).type;
}
