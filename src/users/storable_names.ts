/**
 * Which usernames and email addresses may be stored.
 */
import { maxLength } from '../definitions/lengths.ts';
import { emailPattern, normaliseName } from '../definitions/names.ts';
import { CardeaError } from '../errors.ts';

/** The normal form of a name that is to be stored; CardeaError `invalid_name` (400) when it is unfit. */
export function storableName(typed: string, what: 'username' | 'email'): string {
  const name = normaliseName(typed);
  const longest = maxLength[what];
  // Control and format characters (bidi overrides, zero-width spaces) can make two names look the same.
  if (name === '' || name.length > longest || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new CardeaError({
      code: 'invalid_name',
      status: 400,
      message: `The ${what} must have 1 to ${longest} visible characters.`,
    });
  }
  if (what === 'email' && !emailPattern.test(name)) {
    throw new CardeaError({
      code: 'invalid_name',
      status: 400,
      message: 'The email must be an address such as alice@example.com.',
    });
  }
  return name;
}
