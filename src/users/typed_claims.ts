/**
 * Which claims may be stored for a user: those with the types that apps rely on, as in the declarative file.
 */
import { mistypedClaims } from '../config/schema/standard_claims.ts';
import { InvalidFieldsError, invalidFields } from '../input_check.ts';

/** Throws InvalidFieldsError `invalid_claims` (400) that names every problem. */
export function requireTypedClaims(claims: Readonly<Record<string, unknown>> = {}): void {
  const mistakes = mistypedClaims(claims);
  if (mistakes.length === 0) return;
  const sentences = mistakes.map(
    ({ claim, problem, remedy }) => `The claim ${claim} ${problem}. ${remedy}`,
  );
  const { errors } = invalidFields(
    mistakes.map(({ claim, problem, remedy }) => ({
      path: ['claims', claim],
      detail: `${problem}. ${remedy}`,
    })),
  );
  throw new InvalidFieldsError(errors, { code: 'invalid_claims', message: sentences.join('\n') });
}
