/**
 * Detects keys that are suddenly used far more than usual. Each process compares a key's calls per minute with
 * that key's usual busy minutes as seen by the same process, so it does not matter how many processes share the
 * calls. The usual rate survives restarts: it is stored, and written once an hour for a busy key.
 */
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { dayMs, hourMs, minuteMs } from '../../definitions/units.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Defer, RaiseAlert, UseWatch } from './alerts.ts';

/** Calls per minute in one process below which nothing is a spike and the store is not read. */
const minSpikeCalls = 60;
/** Busy minutes after which the usual rate is known. */
const learningMinutes = 10;
/**
 * How much a minute that is busier or quieter than usual changes the usual rate. It rises faster than it falls,
 * so that a rate that was normal recently is not a spike.
 */
const riseWeight = 1 / 10;
const fallWeight = 1 / 600;
const usualKeptMs = 90 * dayMs;
const maxWatchedKeys = 20_000;
const artifactKind = 'ApiKeyRate';

type UsualRate = {
  /** Calls in a busy minute. */
  calls: number;
  /** How many minutes that was learned from. */
  minutes: number;
};

type TrackedRate = UsualRate & {
  /** The minute being counted, since the epoch. */
  minute: number;
  count: number;
  /** Whether the stored rate has been read. */
  stored: 'unknown' | 'asked' | 'known';
  /** The minute of the last alert. */
  alertedIn: number;
  /** Milliseconds since the epoch. */
  savedAt: number;
};

export function createRateWatch({
  factor,
  artifacts,
  raise,
  later,
  clock,
}: {
  /** An alert is sent when a key makes this many times its usual calls in a minute. */
  factor: number;
  artifacts: Pick<ArtifactStore, 'find' | 'put'>;
  raise: RaiseAlert;
  later: Defer;
  clock: Clock;
}): UseWatch {
  const watched = createLruCache<TrackedRate>(maxWatchedKeys);

  const thresholdOf = ({ calls }: UsualRate) => Math.max(minSpikeCalls, Math.ceil(calls * factor));

  const load = async (id: string, rate: TrackedRate) => {
    try {
      const found = await artifacts.find(artifactKind, id, clock.now());
      rate.stored = 'known';
      if (!found) return;
      const { calls, minutes } = found.payload as UsualRate;
      // The larger of two usual rates: this process may have seen only quiet times.
      rate.calls = Math.max(rate.calls, calls);
      rate.minutes += minutes;
    } finally {
      if (rate.stored === 'asked') rate.stored = 'unknown';
    }
  };

  const save = (id: string, { calls, minutes }: UsualRate) => {
    const expiresAt = clock.now() + usualKeptMs;
    return artifacts.put({ kind: artifactKind, id, payload: { calls, minutes }, expiresAt });
  };

  /** The minute is over and becomes part of the usual rate; a spike counts no more than its threshold. */
  const learn = (rate: TrackedRate) => {
    rate.minutes += 1;
    if (rate.minutes <= learningMinutes) {
      rate.calls += (rate.count - rate.calls) / rate.minutes;
      return;
    }
    const difference = Math.min(rate.count, thresholdOf(rate)) - rate.calls;
    rate.calls += difference * (difference > 0 ? riseWeight : fallWeight);
  };

  const enterMinute = ({ id }: ApiKeyRecord, rate: TrackedRate, minute: number, now: number) => {
    learn(rate);
    Object.assign(rate, { minute, count: 0 });
    if (rate.stored !== 'known' || rate.minutes < learningMinutes || now - rate.savedAt < hourMs)
      return;
    if (later(() => save(id, rate))) rate.savedAt = now;
  };

  const rateOf = ({ id }: ApiKeyRecord, minute: number): TrackedRate => {
    const known = watched.get(id);
    if (known) return known;
    const rate: TrackedRate = {
      ...{ minute, count: 0, calls: 0, minutes: 0 },
      ...{ stored: 'unknown', alertedIn: 0, savedAt: 0 },
    };
    watched.set(id, rate);
    return rate;
  };

  return {
    observe({ record, outcome, times }, now) {
      if (outcome === 'denied') return;
      const minute = Math.floor(now / minuteMs);
      const rate = rateOf(record, minute);
      if (rate.minute !== minute) enterMinute(record, rate, minute, now);
      rate.count += times;
      if (rate.count < minSpikeCalls / 2) return;
      if (rate.stored === 'unknown' && later(() => load(record.id, rate))) rate.stored = 'asked';
      if (rate.stored !== 'known' || rate.minutes < learningMinutes || rate.alertedIn === minute)
        return;
      if (rate.count < thresholdOf(rate)) return;
      const details = {
        calls_in_minute: rate.count,
        usual_calls_in_minute: Math.round(rate.calls),
      };
      if (later(() => raise(record, 'rate_spike', details))) rate.alertedIn = minute;
    },
  };
}
