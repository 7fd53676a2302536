/**
 * A share of a limit that all processes and nodes draw from. It owns how a process takes uses from the store
 * by the chunk and spends them by itself, so that a request costs no write; what is limited, and for how long,
 * it is told. A limit counts in a window of spans: that of now and some before it, each in full. What was leased
 * in a span is spent in it or given back, so that what all spend in a window is never more than the limit.
 */
import { clockSkewMs } from '../../clock.ts';
import type { CounterStore } from '../../storage/counters.ts';

/** A part of the time that a limit counts in. Times in milliseconds since the epoch. */
export type Span = {
  /** Its counter. */
  key: string;
  startsAt: number;
  endsAt: number;
};

export type LimitLease = {
  /**
   * Spends one use, and answers the key of the span that it counts in; false: none is left.
   * StoreUnavailableError when another chunk is needed and cannot be had.
   */
  take(limit: number): Taken | Promise<Taken>;
  /** Takes back what take() spent; after the end of its span it is lost. */
  putBack(key: string): void;
  /** Uses that are left, as far as this process knows. */
  remaining(limit: number): number;
  /** Milliseconds until a use is allowed again, where none is left. */
  wait(limit: number): number;
  /** Milliseconds until the oldest use counts no more. */
  renewal(): number;
  /** That of now. */
  span(): Span;
};

export type Taken = string | false;

/** Chunks are 1 % of the limit, and smaller when little is left: so that no process sits on the rest. */
const chunksInLimit = 100;
const chunksInRest = 16;
/** Who was told that nothing is left asks again no later: others give back. Milliseconds. */
const maxPauseMs = 1000;
/** From here back, what was read of a span is final: the others had a span's time to give back. */
const settledAfter = 2;

export function createLimitLease({
  counters,
  now,
  spanAt,
  earlier,
}: {
  counters: Pick<CounterStore, 'add'>;
  /** Milliseconds since the epoch. */
  now: () => number;
  spanAt: (now: number) => Span;
  /** How many spans before that of now count with it, in full; they are as long as it is. */
  earlier: number;
}): LimitLease {
  /** The one that was last worked out. */
  let latest = spanAt(now());
  /** The span that all below is about. */
  let entered: Span | undefined;
  /** Taken from the store and not spent. */
  let held = 0;
  /** What all have taken in this span, as last heard. */
  let taken = 0;
  /** What all took in each of the spans before, the newest first. */
  let totals: readonly number[] = [];
  /** Their sum. */
  let before = 0;
  /** Nothing is left until then. */
  let pausedUntil = 0;
  let waiting = 0;
  let refilling: Promise<void> | undefined;

  const span = (): Span => {
    const at = now();
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
    // If the store fails in between, all is read anew.
    [entered, held] = [undefined, 0];
    const passed = left ? (span.startsAt - left.startsAt) / length : Number.POSITIVE_INFINITY;
    const look = async (back: number): Promise<number> => {
      // What was not spent must not weigh on the spans after.
      const total =
        left && back === passed
          ? await add(left.key, -unspent, span)
          : await add(spanAt(span.startsAt - back * length).key, 0, span);
      return Math.max(0, total);
    };
    const asked: Promise<number>[] = [];
    const final: (number | undefined)[] = [];
    for (let back = 1; back <= earlier; back += 1) {
      const total = back - passed >= settledAfter ? known[back - passed - 1] : undefined;
      final.push(total);
      if (total === undefined) asked.push(look(back));
    }
    const answers = (await Promise.all(asked)).values();
    totals = final.map((total) => total ?? answers.next().value ?? 0);
    before = totals.reduce((sum, total) => sum + total, 0);
    [entered, taken, pausedUntil] = [span, 0, 0];
  };

  const pause = ({ endsAt }: Span) => {
    pausedUntil = Math.min(endsAt, now() + maxPauseMs);
  };

  /** Milliseconds until so many uses count no more. */
  const untilGone = (uses: number) => {
    const { startsAt, endsAt } = span();
    let gone = 0;
    let back = earlier;
    for (; back > 0; back -= 1) {
      gone += totals[back - 1] ?? 0;
      if (gone >= uses) break;
    }
    return endsAt + (earlier - back) * (endsAt - startsAt) - now();
  };

  const chunkOf = (limit: number, free: number) => {
    const chunk = Math.min(Math.ceil(limit / chunksInLimit), Math.ceil(free / chunksInRest));
    return Math.min(free, Math.max(chunk, waiting));
  };

  /** Holds what was added to the current span, but for what is beyond the limit: others were faster. */
  const hold = async (amount: number, limit: number, current: Span) => {
    const tooMuch = Math.min(amount, Math.max(0, -rest(limit)));
    if (tooMuch > 0) taken = await add(current.key, -tooMuch, current);
    held += amount - tooMuch;
    if (amount === tooMuch) pause(current);
  };

  /** Takes at once what most likely is free: one wait for the store in place of two. */
  const enterTaking = async (limit: number, current: Span) => {
    const amount = chunkOf(limit, rest(limit));
    const [count] = await Promise.all([add(current.key, amount, current), enter(current)]);
    taken = count;
    await hold(amount, limit, current);
  };

  const refill = async (limit: number) => {
    // Those who ask in the same turn are counted before the store is asked for them all.
    await undefined;
    const current = span();
    if (entered?.key !== current.key) {
      if (rest(limit) > limit / 2) return enterTaking(limit, current);
      await enter(current);
    }
    if (rest(limit) < 1) taken = await add(current.key, 0, current);
    const free = rest(limit);
    if (free < 1) return pause(current);
    const amount = chunkOf(limit, free);
    taken = await add(current.key, amount, current);
    await hold(amount, limit, current);
  };

  /** Undefined: only the store knows. */
  const takeHeld = (): Taken | undefined => {
    const { key } = span();
    if (entered?.key !== key) return undefined;
    if (held < 1) return now() < pausedUntil ? false : undefined;
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
      const answer = takeHeld();
      if (answer !== undefined) return answer;
    }
  };

  return {
    take: (limit) => takeHeld() ?? takeLater(limit),
    putBack(key) {
      if (entered?.key === key) held += 1;
    },
    remaining: (limit) => Math.max(0, held + Math.max(0, rest(limit))),
    wait: (limit) => untilGone(1 - rest(limit)),
    renewal: () => untilGone(1),
    span,
  };
}
