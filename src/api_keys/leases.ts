/**
 * A share of a limit that all processes and nodes draw from. It owns how a process takes uses from the store
 * by the chunk and spends them by itself, so that a request costs no write; what is limited, and for how long,
 * it is told. What all have taken together is never more than the limit allows at that moment.
 */
import type { CounterStore } from '../storage/counters.ts';

/** The span in which a limit counts. Times in milliseconds since the epoch. */
export type Span = {
  /** Its counter. */
  key: string;
  startsAt: number;
  endsAt: number;
  /** The counter of the span before, whose use fades out over this one; absent: it begins at nothing. */
  previousKey?: string | undefined;
};

export type Lease = {
  /** Spends one use, if there is one. StoreUnavailableError when another chunk is needed and cannot be had. */
  take(limit: number): boolean | Promise<boolean>;
  /** Takes back what take() spent just now. */
  putBack(): void;
  /** Uses that are left, as far as this process knows. */
  remaining(limit: number): number;
  /** Milliseconds until the next use is allowed, at the latest. */
  wait(limit: number): number;
  /** That of now. */
  span(): Span;
};

/** Chunks are 1 % of the limit, and smaller when little is left: so that no process sits on the rest. */
const chunksInLimit = 100;
const chunksInRest = 16;
/** Who was told that nothing is left asks again no sooner and no later. Milliseconds. */
const shortestPause = 20;
const longestPause = 1000;
/** A span's counter is there until the end of the next one, also by a clock that is behind. Milliseconds. */
const clockSkew = 60_000;

export function createLease({
  counters,
  now,
  spanAt,
}: {
  counters: CounterStore;
  /** Milliseconds since the epoch. */
  now: () => number;
  spanAt: (now: number) => Span;
}): Lease {
  /** The one that was last worked out. */
  let latest = spanAt(now());
  /** The key of the span that all below is about. */
  let current: string | undefined;
  /** Taken from the store and not spent. */
  let held = 0;
  /** What all have taken in this span, as last heard. */
  let taken = 0;
  /** What all took in the span before. */
  let previous = 0;
  /** Nothing is left until then. */
  let pausedUntil = 0;
  let waiting = 0;
  let refilling: Promise<void> | undefined;

  const span = (): Span => {
    const at = now();
    if (at < latest.startsAt || at >= latest.endsAt) latest = spanAt(at);
    return latest;
  };

  /** How much of the span before still counts: uses that fade away until this one ends. */
  const fading = ({ startsAt, endsAt }: Span, limit: number) => {
    const left = Math.min(1, Math.max(0, (endsAt - now()) / (endsAt - startsAt)));
    return Math.min(previous, limit) * left;
  };
  /** Uses that nobody has taken. */
  const rest = (span: Span, limit: number) => Math.floor(limit - fading(span, limit)) - taken;

  const add = async (key: string, amount: number, { startsAt, endsAt }: Span) => {
    const lifetime = 2 * (endsAt - startsAt) + clockSkew;
    return (await counters.add(key, amount, lifetime, now())).count;
  };

  const enter = async (span: Span) => {
    const { key, previousKey } = span;
    const unspent = held;
    held = 0;
    // What was not spent must not weigh on the new span.
    if (current !== undefined && current === previousKey && unspent > 0) {
      await add(current, -unspent, span);
    }
    const before = previousKey === undefined ? 0 : await add(previousKey, 0, span);
    [current, taken, previous, pausedUntil] = [key, 0, Math.max(0, before), 0];
  };

  const pause = ({ startsAt, endsAt }: Span, limit: number) => {
    const chunk = Math.ceil(limit / chunksInLimit);
    const perChunk = ((endsAt - startsAt) * chunk) / Math.min(previous, limit);
    pausedUntil = now() + Math.min(longestPause, Math.max(shortestPause, perChunk));
  };

  const refill = async (limit: number) => {
    // Those who ask in the same turn are counted before the store is asked for them all.
    await undefined;
    const entered = span();
    if (current !== entered.key) await enter(entered);
    if (rest(entered, limit) < 1) taken = await add(entered.key, 0, entered);
    const free = rest(entered, limit);
    if (free < 1) return pause(entered, limit);
    const chunk = Math.min(Math.ceil(limit / chunksInLimit), Math.ceil(free / chunksInRest));
    const amount = Math.min(free, Math.max(chunk, waiting));
    taken = await add(entered.key, amount, entered);
    // Others may have been faster: what is beyond the limit goes back.
    const tooMuch = Math.min(amount, Math.max(0, -rest(entered, limit)));
    if (tooMuch > 0) taken = await add(entered.key, -tooMuch, entered);
    held += amount - tooMuch;
    if (amount === tooMuch) pause(entered, limit);
  };

  const spend = () => {
    held -= 1;
    return true;
  };

  /** Undefined: only the store knows. */
  const takeHeld = (): boolean | undefined => {
    if (current !== span().key) return undefined;
    if (held >= 1) return spend();
    return now() < pausedUntil ? false : undefined;
  };

  const takeLater = async (limit: number): Promise<boolean> => {
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
    putBack() {
      held += 1;
    },
    remaining: (limit) => Math.max(0, held + Math.max(0, rest(span(), limit))),
    wait(limit) {
      const { startsAt, endsAt } = span();
      const untilEnd = endsAt - now();
      if (previous === 0) return untilEnd;
      const missing = taken + 1 + fading(span(), limit) - limit;
      const perUse = (endsAt - startsAt) / Math.min(previous, limit);
      return Math.min(untilEnd, Math.max(0, missing * perUse));
    },
    span,
  };
}
