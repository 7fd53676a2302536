/**
 * How commands tell what the declarative file has to do with a user or a client.
 */
import type { Declared } from '../../declaration/room.ts';
import { CardeaError } from '../../errors.ts';
import { remark } from '../terminal/output.ts';

/** For lists and cards. */
export function declaredText(declared: Declared): string {
  return { yes: 'file', no_longer: 'no longer in the file', no: '' }[declared];
}

/** Tells people on stderr; answers what stands in the JSON of a command: absent where there is nothing to warn of. */
export function warn(warnings: readonly string[]): { warnings?: readonly string[] } {
  for (const warning of warnings) remark(`Warning: ${warning}`);
  return warnings.length > 0 ? { warnings } : {};
}

/** In place of `not_found`, where the next start makes what is missing. */
export function explainMissing(error: unknown, what: string, isDeclared: boolean): unknown {
  if (!isDeclared || !(error instanceof CardeaError) || error.code !== 'not_found') return error;
  return new CardeaError({
    code: 'not_applied_yet',
    status: 409,
    message: `Not applied yet: the declarative file declares this ${what}, and the next start of a node makes it.`,
  });
}
