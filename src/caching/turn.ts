/**
 * Turns of the event loop. What was read in this turn is as new as a read could be: nothing else has run in between but
 * what was ready at the same moment.
 */
let turn = 0;
let isEnding = false;

/** The number of the turn that runs now. */
export function currentTurn(): number {
  if (!isEnding) {
    isEnding = true;
    setImmediate(() => {
      turn += 1;
      isEnding = false;
    });
  }
  return turn;
}
