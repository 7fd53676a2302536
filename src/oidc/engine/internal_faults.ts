/**
 * Faults of ours that the library takes for faults of a request: it wraps what it catches into a refusal.
 */
import { CardeaError } from '../../errors.ts';

/** Causes are few; a chain that goes on is none of ours. */
const longestChain = 5;

/** The error of ours (5xx) that is behind a refusal; undefined: the refusal is meant. */
export function ownFault(refusal: unknown): CardeaError | undefined {
  let error = refusal;
  for (let depth = 0; depth < longestChain && error instanceof Error; depth += 1) {
    if (error instanceof CardeaError && error.status >= 500) return error;
    error = error.cause;
  }
  return undefined;
}
