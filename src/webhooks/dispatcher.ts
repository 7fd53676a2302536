/**
 * The way out: takes from the queue what is due and sends it, a few at a time for each endpoint, so that one
 * that is slow keeps no other waiting. A claim is a lease: what a process had when it died is due again when
 * the lease is over, so a receiver may be told twice (under the same id) but not never.
 */
import type { AuditSink } from '../audit/room.ts';
import type { Clock } from '../clock.ts';
import type { WebhookDelivery, WebhookDeliveryStore } from '../storage/webhook_deliveries.ts';
import type { Attempt, Send } from './delivery.ts';
import type { Endpoint } from './endpoints.ts';
import { pauseAfter, retriedFor } from './retries.ts';

export type WebhookOutcome = 'delivered' | 'failed' | 'dropped';

export type WebhookLog = Record<'warn' | 'error', (fields: object, message: string) => void>;

export type Dispatcher = {
  /** Looks for what is due from now on, again and again. */
  start(): void;
  /** Looks at once. */
  poke(): void;
  /** Sends all that is due now; resolves when each was attempted. Never throws. */
  drain(): Promise<void>;
  /** Ends the attempts that are under way; what they were about is due again at once. */
  close(): Promise<void>;
};

type Lane = {
  endpoint: Endpoint;
  underWay: Set<Promise<void>>;
  looking: Promise<void> | undefined;
  /** There may be something due that nobody looked for. */
  hasMore: boolean;
};

/** Deliveries under way for one endpoint in one process. */
const atOnce = 4;
/** Longer than an attempt takes. Milliseconds. */
const lease = 60_000;
const lookEvery = 2000;

export function createDispatcher({
  endpoints,
  deliveries,
  send,
  audit,
  count,
  clock,
  log,
}: {
  endpoints: readonly Endpoint[];
  deliveries: Pick<WebhookDeliveryStore, 'claim' | 'putOff' | 'finish'>;
  send: Send;
  audit: AuditSink;
  count: (outcome: WebhookOutcome) => void;
  clock: Clock;
  log: WebhookLog;
}): Dispatcher {
  const ending = new AbortController();
  const lanes = endpoints.map(
    (endpoint): Lane => ({ endpoint, underWay: new Set(), looking: undefined, hasMore: false }),
  );
  let timer: NodeJS.Timeout | undefined;

  const drop = async (endpoint: Endpoint, delivery: WebhookDelivery, reason: string) => {
    const { id, message, attempts } = delivery;
    const fields = { webhook: endpoint.host, message, attempts, reason };
    log.error(fields, 'a webhook was given up');
    await audit.record({
      type: 'webhook.dropped',
      outcome: 'failure',
      actor: 'system',
      details: { ...fields, event: eventType(delivery) },
    });
    await deliveries.finish(id);
    count('dropped');
  };

  const settle = async (endpoint: Endpoint, delivery: WebhookDelivery, attempt: Attempt) => {
    const { id, message, attempts, createdAt } = delivery;
    if (attempt.result === 'delivered') {
      await deliveries.finish(id);
      count('delivered');
      return;
    }
    const { reason } = attempt;
    const now = clock.now();
    if (ending.signal.aborted) {
      await deliveries.putOff(id, attempts, now);
      return;
    }
    if (attempt.result === 'refused') return drop(endpoint, delivery, reason);
    const dueAt = Math.ceil(now + pauseAfter(attempts, attempt));
    if (dueAt > createdAt + retriedFor) return drop(endpoint, delivery, reason);
    await deliveries.putOff(id, attempts, dueAt);
    count('failed');
    const fields = { webhook: endpoint.host, message, attempts, reason };
    log.warn({ ...fields, again_in_s: Math.round((dueAt - now) / 1000) }, 'a webhook failed');
  };

  const attempt = async (endpoint: Endpoint, delivery: WebhookDelivery) => {
    try {
      await settle(endpoint, delivery, await send(endpoint, delivery, ending.signal));
    } catch (error) {
      // It is due again when the lease is over.
      log.warn({ err: error, message: delivery.message }, 'a webhook waits for the store');
    }
  };

  /** Fills the free places of a lane. Each that is done makes it look again. */
  const fill = async (lane: Lane) => {
    const { endpoint, underWay } = lane;
    while (lane.hasMore && underWay.size < atOnce && !ending.signal.aborted) {
      lane.hasMore = false;
      const now = clock.now();
      const limit = atOnce - underWay.size;
      const claim = { endpoint: endpoint.id, now, until: now + lease, limit };
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
    for (const lane of lanes) void look(lane);
  };

  const schedule = () => {
    if (endpoints.length === 0 || ending.signal.aborted) return;
    // Several workers look at the same store: a random share of the pause keeps them apart.
    const pause = lookEvery * (0.5 + Math.random());
    timer = setTimeout(() => {
      poke();
      schedule();
    }, pause).unref();
  };

  return {
    start: schedule,
    poke,
    async drain() {
      await Promise.all(lanes.map(drainLane));
    },
    async close() {
      clearTimeout(timer);
      ending.abort();
      for (const { looking, underWay } of lanes) {
        await looking;
        await Promise.all(underWay);
      }
    },
  };
}

function eventType({ payload }: WebhookDelivery): unknown {
  return (JSON.parse(payload) as { type: unknown }).type;
}
