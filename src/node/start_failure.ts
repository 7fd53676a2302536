/**
 * Why a node did not start, for whoever started it.
 */
import { CardeaError } from '../errors.ts';

/** One line. Our own errors say what to do; for any other, the line says where to find more. */
export function startFailure(error: unknown): string {
  if (error instanceof CardeaError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return `${text} (set CARDEA_LOG_LEVEL=debug for details)`;
}
