/**
 * Splits long work in a process that serves requests into short stretches, with other work in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest stretch, in milliseconds. */
const stretchMs = 5;

/** Returns a function to await between two steps. It yields to other work once the current stretch is over. */
export function createYielder(): () => Promise<void> {
  let turnedAt = performance.now();
  return async () => {
    if (performance.now() - turnedAt < stretchMs) return;
    await nextTurn();
    turnedAt = performance.now();
  };
}
