/**
 * Checks one chain while its events come by, roughly in order of time and so roughly in order of number: that each
 * number is there once, and follows the one before it. What is out of order waits; it is bounded, as a number that has
 * not come within so many others is missing (and is found again if it comes after all).
 */
import type { AuditEvent, AuditPlace } from '../storage/audit_events.ts';

/** Numbers of a chain that are not there, both included. */
export type Gap = {
  from: number;
  to: number;
  /** Of the event behind it: the greatest `at` (ms) of all events before that one. */
  latest: number;
  after: AuditPlace | undefined;
  before: AuditPlace | undefined;
};

export type ChainCheck = {
  /** An event with a right seal, or one that is known to be altered, in whose place it nevertheless stands. */
  add(event: AuditEvent): void;
  /** Whether some number is missing so far that a greater one is there for. */
  isIncomplete(): boolean;
  /** Whether this number is one of those. */
  misses(number: number): boolean;
  /** To be called after the last event. `number`, `latest`: as the register has the chain. */
  end(registered: { number: number; latest: number } | undefined): {
    gaps: Gap[];
    /** Events that do not follow the one before them, or have a number that another has. */
    displaced: AuditEvent[];
    count: number;
  };
};

const mostWaiting = 10_000;

export function createChainCheck(): ChainCheck {
  const waiting = new Map<number, AuditEvent>();
  const displaced: AuditEvent[] = [];
  let gaps: Gap[] = [];
  let next = 1;
  let count = 0;
  let last: AuditEvent | undefined;
  let greatest = 0;

  const follow = () => {
    for (let event = waiting.get(next); event; event = waiting.get(next)) {
      const followsLast =
        last === undefined ? next !== 1 : event.link?.previous === last.link?.seal;
      const isFirst = next === 1 && event.link?.previous === '';
      if (!followsLast && !isFirst) displaced.push(event);
      waiting.delete(next);
      last = event;
      next += 1;
    }
  };

  /** What is missing before the least number that waits. */
  const skip = () => {
    const least = Math.min(...waiting.keys());
    const behind = waiting.get(least);
    gaps.push({
      ...{ from: next, to: least - 1, latest: behind?.link?.latest ?? 0 },
      ...{ after: last && placeOf(last), before: behind && placeOf(behind) },
    });
    // Whoever follows a gap cannot be held to what was in it.
    last = undefined;
    next = least;
    follow();
  };

  /** A number that was given up comes after all: the gap ends before it, and goes on behind it. */
  const fill = (number: number): boolean => {
    const gap = gaps.find(({ from, to }) => from <= number && number <= to);
    if (!gap) return false;
    gaps = gaps.flatMap((one) => {
      if (one !== gap) return [one];
      return [
        { ...one, to: number - 1 },
        { ...one, from: number + 1 },
      ].filter(({ from, to }) => from <= to);
    });
    return true;
  };

  const inGap = (number: number) => gaps.some(({ from, to }) => from <= number && number <= to);

  return {
    isIncomplete: () => waiting.size > 0 || gaps.length > 0,
    misses: (number) =>
      inGap(number) || (number >= next && number < greatest && !waiting.has(number)),

    add(event) {
      const { number = 0 } = event.link ?? {};
      count += 1;
      greatest = Math.max(greatest, number);
      if (number < next) {
        if (!fill(number)) displaced.push(event);
        return;
      }
      if (waiting.has(number)) {
        displaced.push(event);
        return;
      }
      waiting.set(number, event);
      follow();
      while (waiting.size > mostWaiting) skip();
    },
    end(registered) {
      while (waiting.size > 0) skip();
      const { number = 0, latest = 0 } = registered ?? {};
      if (number > greatest) {
        const from = Math.max(next, greatest + 1);
        gaps.push({ from, to: number, latest, after: last && placeOf(last), before: undefined });
      }
      return { gaps, displaced, count };
    },
  };
}

function placeOf({ at, id }: AuditEvent): AuditPlace {
  return { at, id };
}
