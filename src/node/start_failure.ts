/**
 * Why a node did not start, in words for whoever started it.
 */
import { CardeaError } from '../errors.ts';

/** One line. The text of an error of ours says what to do; of any other, where to find more. */
export function startFailure(error: unknown): string {
  if (error instanceof CardeaError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return `${text} (CARDEA_LOG_LEVEL=debug tells more)`;
}
