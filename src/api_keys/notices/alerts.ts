/**
 * Alerts about unusual use of keys. It owns what counts as unusual, and that an alert is sent at most once per
 * key, kind and hour, whichever process saw it. It decides no request and delays none: it reads the store
 * afterwards, and rarely, because it remembers results within bounds.
 */
import type { Clock } from '../../clock.ts';
import type { ApiKeysDeclaration } from '../../config/schema/api_keys.ts';
import type { AlertKind } from '../../definitions/api_keys.ts';
import { hourMs } from '../../definitions/units.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { UsageCounts } from '../../storage/usage.ts';
import { createClaimedWork } from '../lifecycle/claimed_work.ts';
import type { Announce } from './announcements.ts';
import { createDeniedWatch } from './denied_watch.ts';
import { createNetworkWatch } from './network_watch.ts';
import { createRateWatch } from './rate_watch.ts';

type KeyUse = {
  record: ApiKeyRecord;
  /** The address the key was used from; undefined if the API did not say. */
  ip: string | undefined;
  outcome: keyof UsageCounts;
  /** How many uses this stands for. */
  times: number;
};

/**
 * Sends the alert unless the same one was sent within the hour. Resolves to whether it was sent now. Throws
 * StoreUnavailableError.
 */
export type RaiseAlert = (
  record: ApiKeyRecord,
  what: AlertKind,
  details: Record<string, unknown>,
) => Promise<boolean>;

/** Looks for one kind of unusual use. Must be quick: slow work goes to `Defer`. */
export type UseWatch = { observe(use: KeyUse, now: number): void };

/** Runs the work after the request unless too much is running already; false if it will not run. */
export type Defer = (work: () => Promise<unknown>) => boolean;

export type Alerts = {
  observe(use: KeyUse): void;
  /** Resolves when all running work is done. */
  close(): Promise<void>;
};

/** Deferred work that one process runs at the same time. */
const maxAtOnce = 32;

export function createAlerts({
  policy,
  artifacts,
  counters,
  announce,
  networkKeys,
  clock,
  log,
}: {
  policy: ApiKeysDeclaration['alerts'];
  artifacts: Pick<ArtifactStore, 'insert' | 'find' | 'put' | 'consume'>;
  counters: CounterStore;
  announce: Announce;
  /** Derived for this purpose, newest first, so that the store learns no addresses. */
  networkKeys: readonly Buffer[];
  clock: Clock;
  log: Record<'warn', (fields: object, message: string) => void>;
}): Alerts {
  const once = createClaimedWork({ kind: 'ApiKeyAlert', artifacts, clock });
  const underWay = new Set<Promise<void>>();
  let closed = false;

  const later: Defer = (work) => {
    if (closed || underWay.size >= maxAtOnce) return false;
    const done = work()
      .then(() => {})
      .catch((error) => log.warn({ err: error }, 'unusual use of an API key was not looked into'))
      .finally(() => underWay.delete(done));
    underWay.add(done);
    return true;
  };

  const raise: RaiseAlert = (record, what, details) => {
    const hour = Math.floor(clock.now() / hourMs);
    const id = `${record.id} ${what} ${hour}`;
    return once(id, 2 * hourMs, (at) =>
      announce({ id, at, record, notice: { event: 'alert', what }, details: { what, ...details } }),
    );
  };

  const { new_network, spike_factor: factor, denied_per_minute: limit } = policy;
  const watches: UseWatch[] = [
    ...(new_network
      ? [createNetworkWatch({ artifacts, counters, hashKeys: networkKeys, raise, later, clock })]
      : []),
    ...(factor === null ? [] : [createRateWatch({ factor, artifacts, raise, later, clock })]),
    ...(limit === null ? [] : [createDeniedWatch({ limit, counters, raise, later, clock })]),
  ];

  return {
    observe(use) {
      const now = clock.now();
      for (const watch of watches) watch.observe(use, now);
    },
    async close() {
      closed = true;
      await Promise.all(underWay);
    },
  };
}
