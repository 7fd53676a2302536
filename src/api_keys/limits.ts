/**
 * Limits of API keys: uses in a minute (a window that slides: the minute before counts by the part of it that
 * is less than 60 seconds ago) and in a calendar month (UTC). They are counted for each lineage, so that a key
 * and its successor share them, and held across processes and nodes by leases (leases.ts).
 *
 * Without the store a process spends what it holds and then refuses to decide (503): a limit that stops to
 * hold when the store is gone would be none.
 */
import type { Clock } from '../clock.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createLease, type Lease, type Span } from './leases.ts';
import type { RateState } from './types.ts';

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

type Leases = { minute?: Lease | undefined; month?: Lease | undefined };

const minuteMs = 60_000;
/** Lineages whose leases a process keeps; those in use stay, and the others lose what they held. */
const keptLineages = 50_000;

export function createKeyLimits({
  counters,
  clock,
}: {
  counters: CounterStore;
  clock: Clock;
}): KeyLimits {
  const kept = new Map<string, Leases>();
  const { now } = clock;

  const leasesOf = (lineage: string): Leases => {
    const leases = kept.get(lineage) ?? {};
    kept.delete(lineage);
    kept.set(lineage, leases);
    if (kept.size > keptLineages) kept.delete(kept.keys().next().value ?? '');
    return leases;
  };

  const stateOf = (lease: Lease, limit: number, isRefused: boolean): RateState => {
    const { startsAt, endsAt } = lease.span();
    const wait = isRefused ? lease.wait(limit) : endsAt - now();
    return {
      limit,
      remaining: isRefused ? 0 : lease.remaining(limit),
      reset: Math.max(1, Math.ceil(wait / 1000)),
      windowSeconds: Math.round((endsAt - startsAt) / 1000),
    };
  };

  const decision = (
    { minute, month }: Leases,
    { perMinute, perMonth }: UseLimits,
    exceeded?: 'minute' | 'month',
  ): LimitDecision => ({
    exceeded,
    minute: minute && perMinute ? stateOf(minute, perMinute, exceeded === 'minute') : undefined,
    month: month && perMonth ? stateOf(month, perMonth, exceeded === 'month') : undefined,
  });

  const useLater = async (
    leases: Leases,
    limits: UseLimits,
    isWithinMinute: boolean | Promise<boolean>,
  ): Promise<LimitDecision> => {
    const { minute, month } = leases;
    if (!(await isWithinMinute)) return decision(leases, limits, 'minute');
    if (!month || !limits.perMonth || (await month.take(limits.perMonth))) {
      return decision(leases, limits);
    }
    // What the month refuses was no use of the minute.
    minute?.putBack();
    return decision(leases, limits, 'month');
  };

  return {
    use(lineage, limits) {
      const { perMinute, perMonth } = limits;
      if (!perMinute && !perMonth) return {};
      const leases = leasesOf(lineage);
      if (perMinute) {
        leases.minute ??= createLease({ counters, now, spanAt: (at) => minuteAt(lineage, at) });
      }
      if (perMonth) {
        leases.month ??= createLease({ counters, now, spanAt: (at) => monthAt(lineage, at) });
      }
      const isWithinMinute = !perMinute || !leases.minute || leases.minute.take(perMinute);
      // Almost always: what was leased is spent without waiting for anybody.
      if (isWithinMinute === true && !perMonth) return decision(leases, limits);
      return useLater(leases, limits, isWithinMinute);
    },
  };
}

function minuteAt(lineage: string, now: number): Span {
  const index = Math.floor(now / minuteMs);
  const keyOf = (minute: number) => `api_key_minute:${lineage}:${minute}`;
  return {
    key: keyOf(index),
    previousKey: keyOf(index - 1),
    startsAt: index * minuteMs,
    endsAt: (index + 1) * minuteMs,
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
