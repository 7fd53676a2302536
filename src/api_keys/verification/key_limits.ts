/**
 * Limits of API keys: uses in any 60 seconds (counted in buckets of 2 seconds: that of now and the 30 before it,
 * in full, so that at a steady rate 3.2 % fewer pass, and never more) and in a calendar month (UTC). They are
 * counted for each lineage, so that a key and its successor share them, and held across processes and nodes by
 * leases (leases.ts).
 *
 * Without the store a process spends what it holds and then refuses to decide (503): a limit that stops to
 * hold when the store is gone would be none.
 */
import { hash } from 'node:crypto';
import { createRecent } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { minuteMs } from '../../definitions/units.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { RateState } from '../model/verdict.ts';
import { createLimitLease, type LimitLease, type Span, type Taken } from './limit_leases.ts';

/** Undefined: no such limit. */
export type UseLimits = { perMinute: number | undefined; perMonth: number | undefined };

export type LimitDecision = {
  /** Which limit is reached; undefined: the use is allowed, and counted. */
  exceeded?: 'minute' | 'month' | undefined;
  /** Of the minute and of the month, where there is such a limit. */
  minute?: RateState | undefined;
  month?: RateState | undefined;
};

export type KeyLimits = {
  /** Counts one use of a lineage, unless it is refused. StoreUnavailableError. */
  use(lineage: string, limits: UseLimits): LimitDecision | Promise<LimitDecision>;
};

type Leases = { minute?: LimitLease | undefined; month?: LimitLease | undefined };

const bucketMs = 2000;
const bucketsBefore = minuteMs / bucketMs;
const phases = 20;
/** Lineages whose leases a process keeps; those in use stay, and the others lose what they held. */
const maxRotationChains = 50_000;

export function createKeyLimits({
  counters,
  clock,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
}): KeyLimits {
  const kept = createRecent<Leases>(maxRotationChains);
  const { now } = clock;

  const leaseOf = (spanAt: (now: number) => Span, earlier: number) =>
    createLimitLease({ counters, now, spanAt, earlier });

  const leasesOf = (lineage: string): Leases => {
    let leases = kept.get(lineage);
    if (!leases) {
      leases = {};
      kept.set(lineage, leases);
    }
    return leases;
  };

  const stateOf = (
    lease: LimitLease,
    { limit, windowMs, isRefused }: { limit: number; windowMs: number; isRefused: boolean },
  ): RateState => {
    const windowSeconds = windowMs / 1000;
    const wait = isRefused ? lease.wait(limit) : lease.renewal();
    return {
      limit,
      remaining: isRefused ? 0 : lease.remaining(limit),
      // Until its bucket has left, a use counts for up to 62 seconds: nobody is told more than a window.
      reset: Math.min(windowSeconds, Math.max(1, Math.ceil(wait / 1000))),
      windowSeconds,
    };
  };

  const minuteState = (lease: LimitLease, limit: number, isRefused: boolean) =>
    stateOf(lease, { limit, windowMs: minuteMs, isRefused });

  const monthState = (lease: LimitLease, limit: number, isRefused: boolean) => {
    const { startsAt, endsAt } = lease.span();
    return stateOf(lease, { limit, windowMs: endsAt - startsAt, isRefused });
  };

  const decision = (
    { minute, month }: Leases,
    { perMinute, perMonth }: UseLimits,
    exceeded?: 'minute' | 'month',
  ): LimitDecision => ({
    exceeded,
    minute: minute && perMinute ? minuteState(minute, perMinute, exceeded === 'minute') : undefined,
    month: month && perMonth ? monthState(month, perMonth, exceeded === 'month') : undefined,
  });

  const useLater = async (
    leases: Leases,
    limits: UseLimits,
    takenOfMinute: Taken | Promise<Taken> | undefined,
  ): Promise<LimitDecision> => {
    const { minute, month } = leases;
    const bucket = await takenOfMinute;
    if (bucket === false) return decision(leases, limits, 'minute');
    if (!month || !limits.perMonth || (await month.take(limits.perMonth))) {
      return decision(leases, limits);
    }
    // What the month refuses was no use of the minute.
    if (bucket !== undefined) minute?.putBack(bucket);
    return decision(leases, limits, 'month');
  };

  return {
    use(lineage, limits) {
      const { perMinute, perMonth } = limits;
      if (!perMinute && !perMonth) return {};
      const leases = leasesOf(lineage);
      if (perMinute) leases.minute ??= leaseOf(bucketsOf(lineage), bucketsBefore);
      if (perMonth) leases.month ??= leaseOf((at) => monthAt(lineage, at), 0);
      const takenOfMinute = perMinute ? leases.minute?.take(perMinute) : undefined;
      // Almost always: what was leased is spent without waiting for anybody.
      if (typeof takenOfMinute === 'string' && !perMonth) return decision(leases, limits);
      return useLater(leases, limits, takenOfMinute);
    },
  };
}

/**
 * The buckets of a lineage, the same in every process. They begin at one of twenty instants: at a common one all keys
 * in use would ask the store at once and wait for each other, and none would share a commit at instants of their own.
 */
function bucketsOf(lineage: string): (now: number) => Span {
  const phase = (hash('sha256', lineage, 'buffer').readUInt32BE() % phases) * (bucketMs / phases);
  return (now) => {
    const index = Math.floor((now - phase) / bucketMs);
    const startsAt = index * bucketMs + phase;
    return { key: `api_key_minute:${lineage}:${index}`, startsAt, endsAt: startsAt + bucketMs };
  };
}

function monthAt(lineage: string, now: number): Span {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    key: `api_key_month:${lineage}:${date.toISOString().slice(0, 7)}`,
    startsAt: Date.UTC(year, month),
    endsAt: Date.UTC(year, month + 1),
  };
}
