/**
 * Keys that are suddenly used far more than they use to be. Each process compares a key's calls in a minute
 * with those of its usual busy minutes, as it saw them itself: where calls are spread over several, so are
 * both. What is usual outlives a restart: it is kept in the store, written once an hour for a busy key.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { dayMs, hourMs, minuteMs } from '../../definitions/units.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Defer, RaiseAlert, UseWatch } from './alerts.ts';

/** Calls in a minute of one process below which nothing is a spike, and nothing is asked of the store. */
const minSpikeCalls = 60;
/** Busy minutes after which it is known what is usual. */
const learningMinutes = 10;
/** How much a minute counts that is busier, or quieter, than usual: what was busy once is not a spike soon after. */
const riseWeight = 1 / 10;
const fallWeight = 1 / 600;
const usualKeptMs = 90 * dayMs;
const maxWatchedKeys = 20_000;
const artifactKind = 'ApiKeyRate';

type UsualRate = {
  /** Calls in a busy minute. */
  calls: number;
  /** How many minutes that was learnt from. */
  minutes: number;
};

type TrackedRate = UsualRate & {
  /** The one that is counted, since the epoch. */
  minute: number;
  count: number;
  /** Whether what the store knows was asked for. */
  stored: 'unknown' | 'asked' | 'known';
  /** The minute in which a spike was told last. */
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
  /** How many times its usual calls a key may make in a minute before it is told. */
  factor: number;
  artifacts: Pick<ArtifactStore, 'find' | 'put'>;
  raise: RaiseAlert;
  later: Defer;
  clock: Clock;
}): UseWatch {
  const kept = createRecent<TrackedRate>(maxWatchedKeys);

  const thresholdOf = ({ calls }: UsualRate) => Math.max(minSpikeCalls, Math.ceil(calls * factor));

  const load = async (id: string, rate: TrackedRate) => {
    try {
      const found = await artifacts.find(artifactKind, id, clock.now());
      rate.stored = 'known';
      if (!found) return;
      const { calls, minutes } = found.payload as UsualRate;
      // Of two usual rates the greater: this process may have seen quiet times only.
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

  /** The minute is over: what happened in it is part of what is usual, a spike no more than by its threshold. */
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
    const known = kept.get(id);
    if (known) return known;
    const rate: TrackedRate = {
      ...{ minute, count: 0, calls: 0, minutes: 0 },
      ...{ stored: 'unknown', alertedIn: 0, savedAt: 0 },
    };
    kept.set(id, rate);
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
