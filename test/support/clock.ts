/**
 * A clock that runs, ahead of or behind the machine's, and can be set forward while a test runs.
 */
import type { Clock } from '../../src/clock.ts';

export type ShiftedClock = Clock & { forward(ms: number): void };

/** One that goes forward only when it is set, however long the machine takes. */
export function createStandingClock(): ShiftedClock {
  let now = Date.now();
  return {
    now: () => now,
    forward(ms) {
      now += ms;
    },
  };
}

export function createShiftedClock(shiftMs = 0): ShiftedClock {
  let shift = shiftMs;
  return {
    now: () => Date.now() + shift,
    forward(ms) {
      shift += ms;
    },
  };
}
