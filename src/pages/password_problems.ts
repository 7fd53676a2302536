/**
 * Why a password cannot be chosen, as pages say it: `password_problems` of the texts has the sentences.
 */
import { CardeaError } from '../errors.ts';

export type PasswordProblem =
  | 'short_password'
  | 'password'
  | 'common_password'
  | 'own_words'
  | 'breached_password';

const problems: Readonly<Record<string, PasswordProblem>> = {
  short_password: 'short_password',
  invalid_password: 'short_password',
  pasted_hash: 'password',
  common_password: 'common_password',
  own_words: 'own_words',
  breached_password: 'breached_password',
};

/** Undefined: the error says nothing of a password. */
export function passwordProblemOf(error: unknown): PasswordProblem | undefined {
  return error instanceof CardeaError ? problems[error.code] : undefined;
}
