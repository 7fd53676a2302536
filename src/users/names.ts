/**
 * The one spelling under which a username or an email address is stored, found and counted.
 */
import { CardeaError } from '../errors.ts';

const maxLength = 200;

/**
 * NFKC and lower case (in the spirit of RFC 8265's UsernameCaseMapped), without outer spaces: what people type
 * for the same name is the same. Takes any text and never fails.
 */
export function normaliseName(typed: string): string {
  // Lower-casing can leave a text that is no longer in normal form, hence twice.
  return typed.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
}

/** The normal form of a name that is to be stored; CardeaError `invalid_name` (400) when it is unfit. */
export function storableName(typed: string, what: 'username' | 'email'): string {
  const name = normaliseName(typed);
  const longest = what === 'email' ? 254 : maxLength;
  // Control and format characters (bidi overrides, zero-width spaces) make two names look like one.
  if (name === '' || name.length > longest || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new CardeaError({
      code: 'invalid_name',
      status: 400,
      message: `The ${what} must have 1 to ${longest} visible characters.`,
    });
  }
  if (what === 'email' && !/^[^\s@]+@[^\s@]+$/.test(name)) {
    throw new CardeaError({
      code: 'invalid_name',
      status: 400,
      message: 'The email must be an address such as alice@example.com.',
    });
  }
  return name;
}
