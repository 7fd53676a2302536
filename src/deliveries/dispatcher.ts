/**
 * Sends what is due in the queue, a few deliveries at a time for each endpoint, so that a slow endpoint holds
 * up no other. A claim is a lease: what a process had claimed when it died is due again when the claim
 * expires. So a receiver may get a delivery twice (with the same id) but always gets it.
 */
import type { Clock } from '../clock.ts';
import type { Delivery, DeliveryStore } from '../storage/deliveries.ts';
import { pauseAfter } from './retries.ts';

export type AttemptResult =
  /** `reason`: what the receiver said to it. */
  | { result: 'delivered'; reason?: string | undefined }
  /** It is not taken, and never will be. */
  | { result: 'refused'; reason: string }
  /** `retryAfter`: milliseconds. */
  | { result: 'failed'; reason: string; retryAfter: number };

/** What became of a delivery, or of one attempt of it. */
type DeliveryState = 'delivered' | 'failed' | 'dropped';

export type DeliveryLog = Record<'warn' | 'error', (fields: object, message: string) => void>;

/** What whoever sends has to say about what became of a delivery. */
export type Outcomes<Endpoint> = {
  /** It has arrived, and is finished. */
  delivered(endpoint: Endpoint, delivery: Delivery): Promise<void> | void;
  /** It is tried again after so many milliseconds. */
  failed(endpoint: Endpoint, delivery: Delivery, reason: string, againInMs: number): void;
  /** It is given up. Awaited before it is finished, so that it is told even if the process dies. */
  dropped(endpoint: Endpoint, delivery: Delivery, reason: string): Promise<void>;
  /** The note that it has from now on. Where there is no such function it has none. */
  note?(delivery: Delivery, state: DeliveryState, reason: string | undefined): string;
};

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

export function createDispatcher<Endpoint extends { id: string }>({
  endpoints,
  follow = async () => {},
  deliveries,
  atOnce,
  send,
  outcomes,
  givenUpAt,
  clock,
  log,
}: {
  /** Those that there are at the moment. */
  endpoints: () => readonly Endpoint[];
  /** Learns which there are by now. */
  follow?: (() => Promise<unknown>) | undefined;
  deliveries: Pick<DeliveryStore, 'claim' | 'putOff' | 'finish'>;
  /** Attempts per endpoint. */
  atOnce: number;
  /** One attempt, of less than a minute. Never throws. */
  send: (endpoint: Endpoint, delivery: Delivery, signal: AbortSignal) => Promise<AttemptResult>;
  outcomes: Outcomes<Endpoint>;
  /** From when on it is not tried again (ms). */
  givenUpAt: (delivery: Delivery) => number;
  clock: Clock;
  log: DeliveryLog;
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

  const drop = async (endpoint: Endpoint, delivery: Delivery, reason: string) => {
    await outcomes.dropped(endpoint, delivery, reason);
    await deliveries.finish(delivery.id, outcomes.note?.(delivery, 'dropped', reason));
  };

  const settle = async (endpoint: Endpoint, delivery: Delivery, attempt: AttemptResult) => {
    const { id, attempts } = delivery;
    if (attempt.result === 'delivered') {
      await deliveries.finish(id, outcomes.note?.(delivery, 'delivered', attempt.reason));
      await outcomes.delivered(endpoint, delivery);
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
    if (dueAt > givenUpAt(delivery)) return drop(endpoint, delivery, reason);
    const note = outcomes.note?.(delivery, 'failed', reason);
    await deliveries.putOff(id, attempts, { dueAt, failure: reason, note });
    outcomes.failed(endpoint, delivery, reason, dueAt - now);
  };

  const attempt = async (endpoint: Endpoint, delivery: Delivery) => {
    try {
      await settle(endpoint, delivery, await send(endpoint, delivery, ending.signal));
    } catch (error) {
      // It is due again when the claim expires.
      log.warn({ err: error, message: delivery.message }, 'a delivery waits for the store');
    }
  };

  /** Uses the free capacity of a lane. Each finished delivery polls again. */
  const fill = async (lane: Lane) => {
    const { underWay } = lane;
    while (lane.hasMore && underWay.size < atOnce && !ending.signal.aborted) {
      lane.hasMore = false;
      // As it is by now; it may have been removed or disabled.
      const endpoint = current(lane.id);
      if (!endpoint) return;
      const now = clock.now();
      const limit = atOnce - underWay.size;
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
      .catch((error) => log.warn({ err: error }, 'deliveries wait for the store'))
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
