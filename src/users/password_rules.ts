/**
 * What a new password must be (NIST SP 800-63B-4 section 3.1.1.2): long enough, not one that guessers try first, not made
 * of the person's own words, and not known from a breach. Nothing is asked of the characters.
 */
import { passwordLength } from '../definitions/lengths.ts';
import { InvalidFieldsError } from '../input_check.ts';

export type PasswordRules = {
  /** Characters. */
  least: number;
  /** Names and addresses of the person and of the site; what is no text counts for nothing. */
  words: readonly unknown[];
};

/** What is wrong with it, as the code of the error and the words for the field. */
const faults = {
  common_password: 'is one of the first that somebody would guess',
  own_words: 'must not contain your name, your address or the name of this site',
  breached_password: 'is known from a data breach at another site',
} as const;

export type PasswordFault = keyof typeof faults;

export function refusedPassword(fault: PasswordFault): InvalidFieldsError {
  return refusal(fault, faults[fault]);
}

export function wrongLength(least: number): InvalidFieldsError {
  return refusal('invalid_password', `must have ${least} to ${passwordLength.max} characters`);
}

export function refusal(code: string, detail: string, message?: string): InvalidFieldsError {
  return new InvalidFieldsError([{ pointer: '#/password', detail }], {
    code,
    message: message ?? `A password ${detail}.`,
  });
}
