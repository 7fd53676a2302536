/**
 * Long work in a process that serves requests: done in short stretches, with the others' turns in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that others wait at most for one stretch. */
const stretchMs = 5;

/** To be awaited between two steps: lets others have their turn, when the last one is a stretch ago. */
export function createTurns(): () => Promise<void> {
  let turnedAt = performance.now();
  return async () => {
    if (performance.now() - turnedAt < stretchMs) return;
    await nextTurn();
    turnedAt = performance.now();
  };
}
