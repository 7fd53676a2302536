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

/** The words of names and addresses, in lower case. Shorter ones than four characters would stand in too much. */
export function wordsOf(texts: readonly unknown[]): string[] {
  const words = texts.flatMap((text) =>
    typeof text === 'string' ? [text, ...text.split(/[\s@._+-]+/)] : [],
  );
  return [...new Set(words.map(folded))].filter((word) => [...word].length >= 4);
}

/** Whether one of the words stands in the password, with no letter before or after it. */
export function holdsWord(password: string, words: readonly string[]): boolean {
  const text = folded(password);
  return words.some((word) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
      if (!/\p{L}$/u.test(before) && !/^\p{L}/u.test(after)) return true;
    }
    return false;
  });
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
