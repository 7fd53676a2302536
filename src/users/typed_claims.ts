/**
 * Which claims may be stored for a user: those with the types that apps rely on, as in the declarative file.
 */
import { mistypedClaims } from '../config/schema/standard_claims.ts';
import { CardeaError } from '../errors.ts';

/** Throws CardeaError `invalid_claims` (400) that names every problem. */
export function requireTypedClaims(claims: Readonly<Record<string, unknown>> = {}): void {
  const mistakes = mistypedClaims(claims);
  if (mistakes.length === 0) return;
  const sentences = mistakes.map(
    ({ claim, problem, remedy }) => `The claim ${claim} ${problem}. ${remedy}`,
  );
  throw new CardeaError({ code: 'invalid_claims', status: 400, message: sentences.join('\n') });
}
