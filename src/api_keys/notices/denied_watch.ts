/**
 * Detects keys that are denied again and again. Denials are counted in memory and shared between processes in
 * chunks, so a denied call costs no write.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { hourMs, minuteMs } from '../../definitions/units.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { Defer, RaiseAlert, UseWatch } from './alerts.ts';

const chunksInThreshold = 10;
const maxWatchedKeys = 20_000;

type DeniedCount = {
  /** Minutes since the epoch. */
  minute: number;
  /** Denials of this minute that are not shared yet. */
  count: number;
  /** An alert was sent this hour: nothing is counted until then. Milliseconds since the epoch. */
  quietUntil: number;
};

export function createDeniedWatch({
  limit,
  counters,
  raise,
  later,
  clock,
}: {
  /** Denied calls of a key per minute that trigger an alert. */
  limit: number;
  counters: CounterStore;
  raise: RaiseAlert;
  later: Defer;
  clock: Clock;
}): UseWatch {
  const chunk = Math.ceil(limit / chunksInThreshold);
  const watched = createLruCache<DeniedCount>(maxWatchedKeys);

  const share = async (record: ApiKeyRecord, denied: DeniedCount, amount: number) => {
    const { minute } = denied;
    const counter = `api_key_denied:${record.id}:${minute}`;
    const { count } = await counters.add(counter, amount, 2 * minuteMs, clock.now());
    if (count < limit) return;
    await raise(record, 'denied_calls', { denied_in_minute: count });
    const now = clock.now();
    denied.quietUntil = now - (now % hourMs) + hourMs;
  };

  return {
    observe({ record, outcome, times }, now) {
      if (outcome !== 'denied') return;
      const minute = Math.floor(now / minuteMs);
      let denied = watched.get(record.id);
      if (!denied) {
        denied = { minute, count: 0, quietUntil: 0 };
        watched.set(record.id, denied);
      }
      if (denied.quietUntil > now) return;
      if (denied.minute !== minute) Object.assign(denied, { minute, count: 0 });
      denied.count += times;
      const { count } = denied;
      const current = denied;
      if (count >= chunk && later(() => share(record, current, count))) denied.count = 0;
    },
  };
}
