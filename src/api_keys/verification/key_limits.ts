/**
 * Limits of API keys: uses per 60 seconds and per calendar month (UTC). The minute is counted in buckets of 2
 * seconds, the current one and the 30 before it in full: at a steady rate 3.2 % fewer uses pass than the limit
 * allows, and never more. Uses are counted per rotation chain, so a key and its successor share a limit, and
 * shared across processes and nodes by leases (limit_leases.ts).
 *
 * Without the store, a process spends what it has leased and then refuses to decide (503): a limit that ended
 * whenever the store is down would not be a limit.
 */
import { hash } from 'node:crypto';
import { createLruCache } from '../../caching/lru_cache.ts';
import type { Clock } from '../../clock.ts';
import { minuteMs } from '../../definitions/units.ts';
import type { CounterStore } from '../../storage/counters.ts';
import type { RateState } from '../model/verdict.ts';
import { createLimitLease, type LimitLease, type Span, type Taken } from './limit_leases.ts';

/** Undefined: no such limit. */
export type UseLimits = { perMinute: number | undefined; perMonth: number | undefined };

export type LimitDecision = {
  /** The limit that was reached; undefined if the use is allowed and counted. */
  exceeded?: 'minute' | 'month' | undefined;
  /** Set where there is such a limit. */
  minute?: RateState | undefined;
  month?: RateState | undefined;
};

export type KeyLimits = {
  /** Counts one use for a rotation chain unless it is refused. Throws StoreUnavailableError. */
  use(chain: string, limits: UseLimits): LimitDecision | Promise<LimitDecision>;
};

type StateQuestion = {
  limit: number;
  isRefused: boolean;
  /** Absent: one span. */
  windowMs?: number;
  /** Milliseconds since the epoch. */
  at: number;
};

type Leases = { minute?: LimitLease | undefined; month?: LimitLease | undefined };

const bucketMs = 2000;
const bucketsBefore = minuteMs / bucketMs;
const phases = 20;
/** Rotation chains whose leases a process keeps. Those in use stay; the others lose what they held. */
const maxRotationChains = 50_000;

export function createKeyLimits({
  counters,
  clock,
}: {
  counters: Pick<CounterStore, 'add' | 'read'>;
  clock: Clock;
}): KeyLimits {
  const leasesByChain = createLruCache<Leases>(maxRotationChains);
  const { now } = clock;

  const leaseOf = (spanAt: (now: number) => Span, earlier: number) =>
    createLimitLease({ counters, now, spanAt, earlier });

  const leasesOf = (chain: string): Leases => {
    let leases = leasesByChain.get(chain);
    if (!leases) {
      leases = {};
      leasesByChain.set(chain, leases);
    }
    return leases;
  };

  const stateOf = (
    lease: LimitLease,
    { limit, isRefused, windowMs, at }: StateQuestion,
  ): RateState => {
    const { remaining, renewal, spanMs } = lease.state(limit, isRefused, at);
    const windowSeconds = (windowMs ?? spanMs) / 1000;
    // A use can count for up to 62 seconds, until its bucket leaves the window; clients are never told more
    // than one window.
    const reset = Math.min(windowSeconds, Math.max(1, Math.ceil(renewal / 1000)));
    return { limit, remaining, reset, windowSeconds };
  };

  const decision = (
    { minute, month }: Leases,
    { perMinute, perMonth }: UseLimits,
    exceeded?: 'minute' | 'month',
  ): LimitDecision => {
    const at = now();
    const ofMinute = { isRefused: exceeded === 'minute', windowMs: minuteMs, at };
    const ofMonth = { isRefused: exceeded === 'month', at };
    return {
      exceeded,
      minute: minute && perMinute ? stateOf(minute, { limit: perMinute, ...ofMinute }) : undefined,
      month: month && perMonth ? stateOf(month, { limit: perMonth, ...ofMonth }) : undefined,
    };
  };

  const useLater = async (
    leases: Leases,
    limits: UseLimits,
    takenOfMinute: Taken | Promise<Taken> | undefined,
    at: number,
  ): Promise<LimitDecision> => {
    const { minute, month } = leases;
    const bucket = await takenOfMinute;
    if (bucket === false) return decision(leases, limits, 'minute');
    if (!month || !limits.perMonth || (await month.take(limits.perMonth, at))) {
      return decision(leases, limits);
    }
    // A use that the monthly limit refuses does not count per minute.
    if (bucket !== undefined) minute?.putBack(bucket);
    return decision(leases, limits, 'month');
  };

  return {
    use(chain, limits) {
      const { perMinute, perMonth } = limits;
      if (!perMinute && !perMonth) return {};
      const leases = leasesOf(chain);
      if (perMinute) leases.minute ??= leaseOf(bucketsOf(chain), bucketsBefore);
      if (perMonth) leases.month ??= leaseOf((at) => monthAt(chain, at), 0);
      const at = now();
      const takenOfMinute = perMinute ? leases.minute?.take(perMinute, at) : undefined;
      // The usual case: a leased use is spent without waiting.
      if (typeof takenOfMinute === 'string' && !perMonth) return decision(leases, limits);
      return useLater(leases, limits, takenOfMinute, at);
    },
  };
}

/**
 * The buckets of a rotation chain, the same in every process. They start at one of twenty offsets. With a
 * common offset, all active keys would hit the store at once; with individual ones, no two would share a
 * commit.
 */
function bucketsOf(chain: string): (now: number) => Span {
  const phase = (hash('sha256', chain, 'buffer').readUInt32BE() % phases) * (bucketMs / phases);
  return (now) => {
    const index = Math.floor((now - phase) / bucketMs);
    const startsAt = index * bucketMs + phase;
    return { key: `api_key_minute:${chain}:${index}`, startsAt, endsAt: startsAt + bucketMs };
  };
}

function monthAt(chain: string, now: number): Span {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    key: `api_key_month:${chain}:${date.toISOString().slice(0, 7)}`,
    startsAt: Date.UTC(year, month),
    endsAt: Date.UTC(year, month + 1),
  };
}
