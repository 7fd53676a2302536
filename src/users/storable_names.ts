/**
 * Which usernames and email addresses may be stored.
 */
import { maxLength } from '../definitions/lengths.ts';
import { emailPattern, isVisibleText, normaliseName } from '../definitions/names.ts';
import { InvalidFieldsError } from '../input_check.ts';

/** The normal form of a name that is to be stored; InvalidFieldsError `invalid_name` (400) when it is unfit. */
export function storableName(typed: string, what: 'username' | 'email'): string {
  const name = normaliseName(typed);
  const longest = maxLength[what];
  if (name === '' || name.length > longest || !isVisibleText(name)) {
    throw invalidName(what, `must have 1 to ${longest} visible characters`);
  }
  if (what === 'email' && !emailPattern.test(name)) {
    throw invalidName(what, 'must be an address such as alice@example.com');
  }
  return name;
}

function invalidName(what: string, problem: string): InvalidFieldsError {
  return new InvalidFieldsError([{ pointer: `#/${what}`, detail: problem }], {
    code: 'invalid_name',
    message: `The ${what} ${problem}.`,
  });
}
