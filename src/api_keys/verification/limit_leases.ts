/**
 * A share of a limit that all processes and nodes draw from. A process leases uses from the store in chunks and
 * spends them locally, so a request costs no write. A limit counts over a sliding window of spans: the current
 * one and a number of earlier ones, each in full. Uses leased in a span are spent in it or returned, so all
 * processes together never exceed the limit in any window.
 */
import { clockSkewMs } from '../../clock.ts';
import type { CounterStore } from '../../storage/counters.ts';

/** One part of the window. Times in milliseconds since the epoch. */
export type Span = {
  /** The name of its counter. */
  key: string;
  startsAt: number;
  endsAt: number;
};

export type LimitLease = {
  /**
   * Spends one use. Resolves to the counter name of the span it counts in, or false if none is left. Throws
   * StoreUnavailableError if another chunk is needed and the store is unavailable.
   */
  take(limit: number, now: number): Taken | Promise<Taken>;
  /** Returns a use that take() spent. It is lost if its span is over. */
  putBack(key: string): void;
  /** `isRefused`: whether take() found none left. */
  state(limit: number, isRefused: boolean, now: number): LeaseState;
};

type LeaseState = {
  /** Uses left, as far as this process knows. */
  remaining: number;
  /** Milliseconds until a use is allowed again after a refusal, or else until the oldest use leaves the window. */
  renewal: number;
  /** How long the current span lasts, in milliseconds. */
  spanMs: number;
};

export type Taken = string | false;

/** A chunk is 1 % of the limit, and smaller when little is left, so that no process holds on to the rest. */
const chunksInLimit = 100;
const chunksInRest = 16;
/** A process that found nothing left asks again after at most this time (ms), as others may return uses. */
const maxPauseMs = 1000;
/** Totals of spans this far back are final: the other processes had a whole span to return what they held. */
const settledAfter = 2;

export function createLimitLease({
  counters,
  now,
  spanAt,
  earlier,
}: {
  counters: Pick<CounterStore, 'add' | 'read'>;
  /** Milliseconds since the epoch. */
  now: () => number;
  spanAt: (now: number) => Span;
  /** How many earlier spans count in full beside the current one. All spans have the same length. */
  earlier: number;
}): LimitLease {
  /** The most recently computed span. */
  let latest = spanAt(now());
  /** The span that the state below belongs to. */
  let entered: Span | undefined;
  /** Leased and not spent. */
  let held = 0;
  /** The limit that these were leased of. A lower one may not have as many. */
  let heldOf = 0;
  /** Taken by all processes in this span, as last read. */
  let taken = 0;
  /** Taken by all processes in each earlier span, newest first. */
  let totals: readonly number[] = [];
  /** The sum of `totals`. */
  let before = 0;
  /** No uses are left until then, of this limit or a lower one. */
  let pausedUntil = 0;
  let pausedLimit = 0;
  let waiting = 0;
  let refilling: Promise<void> | undefined;

  const span = (at: number): Span => {
    if (at < latest.startsAt || at >= latest.endsAt) latest = spanAt(at);
    return latest;
  };

  /** Uses that nobody has taken. */
  const rest = (limit: number) => limit - before - taken;

  const add = async (key: string, amount: number, { startsAt, endsAt }: Span) => {
    // It is there as long as it counts, also by a clock that is behind.
    const lifetime = (earlier + 1) * (endsAt - startsAt) + clockSkewMs;
    return (await counters.add(key, amount, lifetime, now())).count;
  };

  const enter = async (span: Span) => {
    const length = span.endsAt - span.startsAt;
    const [left, unspent, known] = [entered, held, totals];
    // If the store fails below, everything is read again.
    [entered, held] = [undefined, 0];
    const passed = left ? (span.startsAt - left.startsAt) / length : Number.POSITIVE_INFINITY;
    const final = (back: number) =>
      back - passed >= settledAfter ? known[back - passed - 1] : undefined;
    const backs = Array.from({ length: earlier }, (_, index) => index + 1);
    const asked = backs.filter((back) => back !== passed && final(back) === undefined);
    const keys = asked.map((back) => spanAt(span.startsAt - back * length).key);
    const [returned, counts] = await Promise.all([
      // Unspent uses must not count in later spans.
      left && backs.includes(passed) ? add(left.key, -unspent, span) : 0,
      keys.length > 0 ? counters.read(keys, now()) : [],
    ]);
    const read = new Map(asked.map((back, index) => [back, counts[index]]));
    read.set(passed, returned);
    totals = backs.map((back) => Math.max(0, read.get(back) ?? final(back) ?? 0));
    before = totals.reduce((sum, total) => sum + total, 0);
    [entered, taken, pausedUntil] = [span, 0, 0];
  };

  const pause = ({ endsAt }: Span, limit: number) => {
    pausedUntil = Math.min(endsAt, now() + maxPauseMs);
    pausedLimit = limit;
  };

  /** Milliseconds until this many uses have left the window. */
  const untilGone = (uses: number, { startsAt, endsAt }: Span, at: number) => {
    let gone = 0;
    let back = earlier;
    for (; back > 0; back -= 1) {
      gone += totals[back - 1] ?? 0;
      if (gone >= uses) break;
    }
    return endsAt + (earlier - back) * (endsAt - startsAt) - at;
  };

  const chunkOf = (limit: number, free: number) => {
    const chunk = Math.min(Math.ceil(limit / chunksInLimit), Math.ceil(free / chunksInRest));
    return Math.min(free, Math.max(chunk, waiting));
  };

  /** Keeps what was added to the current span, and returns the part beyond the limit that others took first. */
  const hold = async (amount: number, limit: number, current: Span) => {
    const tooMuch = Math.min(amount, Math.max(0, -rest(limit)));
    if (tooMuch > 0) taken = await add(current.key, -tooMuch, current);
    held += amount - tooMuch;
    heldOf = limit;
    if (amount === tooMuch) pause(current, limit);
  };

  const giveBack = async (current: Span) => {
    const unspent = held;
    held = 0;
    taken = await add(current.key, -unspent, current);
  };

  /** Takes in one round trip what is most likely free, instead of reading first. */
  const enterTaking = async (limit: number, current: Span) => {
    const amount = chunkOf(limit, rest(limit));
    const [count] = await Promise.all([add(current.key, amount, current), enter(current)]);
    taken = count;
    await hold(amount, limit, current);
  };

  const refill = async (limit: number) => {
    // Callers in the same turn of the event loop share one request to the store.
    await undefined;
    const current = span(now());
    if (entered?.key !== current.key) {
      if (rest(limit) > limit / 2) return enterTaking(limit, current);
      await enter(current);
    }
    if (held > 0 && limit < heldOf) await giveBack(current);
    if (rest(limit) < 1) taken = await add(current.key, 0, current);
    const free = rest(limit);
    if (free < 1) return pause(current, limit);
    const amount = chunkOf(limit, free);
    taken = await add(current.key, amount, current);
    await hold(amount, limit, current);
  };

  /** Undefined: only the store can tell. */
  const takeHeld = (at: number, limit: number): Taken | undefined => {
    const { key } = span(at);
    if (entered?.key !== key) return undefined;
    if (held < 1 || limit < heldOf) {
      return at < pausedUntil && limit <= pausedLimit ? false : undefined;
    }
    held -= 1;
    return key;
  };

  const takeLater = async (limit: number): Promise<Taken> => {
    for (;;) {
      waiting += 1;
      try {
        refilling ??= refill(limit).finally(() => {
          refilling = undefined;
        });
        await refilling;
      } finally {
        waiting -= 1;
      }
      const use = takeHeld(now(), limit);
      if (use !== undefined) return use;
    }
  };

  return {
    take: (limit, at) => takeHeld(at, limit) ?? takeLater(limit),
    putBack(key) {
      if (entered?.key === key) held += 1;
    },
    state(limit, isRefused, at) {
      const current = span(at);
      return {
        remaining: isRefused ? 0 : Math.max(0, held + Math.max(0, rest(limit))),
        renewal: untilGone(isRefused ? 1 - rest(limit) : 1, current, at),
        spanMs: current.endsAt - current.startsAt,
      };
    },
  };
}
