/**
 * Keys that are suddenly used far more than they use to be. Each process compares a key's calls in a minute
 * with those of its usual busy minutes, as it saw them itself: where calls are spread over several, so are
 * both. What is usual outlives a restart: it is kept in the store, written once an hour for a busy key.
 */
import { createRecent } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import type { ApiKeyRecord } from '../../storage/api_keys.ts';
import type { ArtifactStore } from '../../storage/artifacts.ts';
import type { Later, Raise, Watch } from './alerts.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** Calls in a minute of one process below which nothing is a spike, and nothing is asked of the store. */
const fewCalls = 60;
/** Busy minutes after which it is known what is usual. */
const learning = 10;
/** How much a minute counts that is busier, or quieter, than usual: what was busy once is not a spike soon after. */
const rise = 1 / 10;
const fall = 1 / 600;
const keptFor = 90 * 86_400_000;
const mostKeys = 20_000;
const kind = 'ApiKeyRate';

type Usual = {
  /** Calls in a busy minute. */
  calls: number;
  /** How many minutes that was learnt from. */
  minutes: number;
};

type Rate = Usual & {
  /** The one that is counted, since the epoch. */
  minute: number;
  count: number;
  /** Whether what the store knows was asked for. */
  stored: 'unknown' | 'asked' | 'known';
  /** The minute in which a spike was told last. */
  toldIn: number;
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
  raise: Raise;
  later: Later;
  clock: Clock;
}): Watch {
  const kept = createRecent<Rate>(mostKeys);

  const thresholdOf = ({ calls }: Usual) => Math.max(fewCalls, Math.ceil(calls * factor));

  const load = async (id: string, rate: Rate) => {
    try {
      const found = await artifacts.find(kind, id, clock.now());
      rate.stored = 'known';
      if (!found) return;
      const { calls, minutes } = found.payload as Usual;
      // Of two usual rates the greater: this process may have seen quiet times only.
      rate.calls = Math.max(rate.calls, calls);
      rate.minutes += minutes;
    } finally {
      if (rate.stored === 'asked') rate.stored = 'unknown';
    }
  };

  const save = (id: string, { calls, minutes }: Usual) => {
    const expiresAt = clock.now() + keptFor;
    return artifacts.put({ kind, id, payload: { calls, minutes }, expiresAt });
  };

  /** The minute is over: what happened in it is part of what is usual, a spike no more than by its threshold. */
  const learn = (rate: Rate) => {
    rate.minutes += 1;
    if (rate.minutes <= learning) {
      rate.calls += (rate.count - rate.calls) / rate.minutes;
      return;
    }
    const difference = Math.min(rate.count, thresholdOf(rate)) - rate.calls;
    rate.calls += difference * (difference > 0 ? rise : fall);
  };

  const enterMinute = ({ id }: ApiKeyRecord, rate: Rate, minute: number, now: number) => {
    learn(rate);
    Object.assign(rate, { minute, count: 0 });
    if (rate.stored !== 'known' || rate.minutes < learning || now - rate.savedAt < hourMs) return;
    if (later(() => save(id, rate))) rate.savedAt = now;
  };

  const rateOf = ({ id }: ApiKeyRecord, minute: number): Rate => {
    const known = kept.get(id);
    if (known) return known;
    const rate: Rate = {
      ...{ minute, count: 0, calls: 0, minutes: 0 },
      ...{ stored: 'unknown', toldIn: 0, savedAt: 0 },
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
      if (rate.count < fewCalls / 2) return;
      if (rate.stored === 'unknown' && later(() => load(record.id, rate))) rate.stored = 'asked';
      if (rate.stored !== 'known' || rate.minutes < learning || rate.toldIn === minute) return;
      if (rate.count < thresholdOf(rate)) return;
      const details = {
        calls_in_minute: rate.count,
        usual_calls_in_minute: Math.round(rate.calls),
      };
      if (later(() => raise(record, 'rate_spike', details))) rate.toldIn = minute;
    },
  };
}
