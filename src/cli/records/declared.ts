/**
 * How commands show whether the declarative file declares a user or a client.
 */
import type { Declared } from '../../declaration/room.ts';
import { CardeaError } from '../../errors.ts';
import { remark } from '../terminal/output.ts';

/** For lists and single records. */
export function declaredText(declared: Declared): string {
  return { yes: 'file', no_longer: 'no longer in the file', no: '' }[declared];
}

/** Prints warnings on stderr and returns the member for the command's JSON, absent if there is nothing to warn about. */
export function warn(warnings: readonly string[]): { warnings?: readonly string[] } {
  for (const warning of warnings) remark(`Warning: ${warning}`);
  return warnings.length > 0 ? { warnings } : {};
}

/** Replaces `not_found` when the next start creates the missing record. */
export function explainMissing(error: unknown, what: string, isDeclared: boolean): unknown {
  if (!isDeclared || !(error instanceof CardeaError) || error.code !== 'not_found') return error;
  return new CardeaError({
    code: 'not_applied_yet',
    status: 409,
    message: `Not applied yet: the declarative file declares this ${what}, and the next start of a node creates it.`,
  });
}
