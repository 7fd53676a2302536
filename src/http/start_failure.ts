/**
 * Why a node did not start, in words for whoever started it.
 */
import { CardeaError } from '../errors.ts';

/** The text of an error of ours; anything else is unexpected, and its own text is in the log line. */
export function startFailure(error: unknown): string {
  return error instanceof CardeaError
    ? error.message
    : 'An unexpected error; the log has its cause.';
}
