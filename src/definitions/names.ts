/**
 * Names of people: what they look like, and the normalized form in which usernames and email addresses are stored,
 * looked up and counted.
 */
import { maxLength } from './lengths.ts';

/** The minimal shape of an email address. Only a message to it can show that it exists. */
export const emailPattern = /^[^\s@]+@[^\s@]+$/;

/**
 * An address that mail is sent to: one address and nothing else, so that nothing in it can name another recipient or end
 * a line (RFC 5321 section 4.1.2 without quoted parts and address literals, with the letters of RFC 6531).
 */
export const mailAddressPattern =
  /^[^\s@"(),:;<>[\]\\\p{C}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.){0,20}[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** Those of them that have no letters beyond ASCII. */
export const asciiAddressPattern =
  /^[!#-'*+./0-9=?A-Z^-~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){0,20}[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** A subject (OpenID Connect Core section 2: at most 255 ASCII characters). */
export const subjectPattern = new RegExp(`^[\\x21-\\x7e]{1,${maxLength.subject}}$`);

/**
 * NFKC and lower case (in the spirit of RFC 8265's UsernameCaseMapped), trimmed, so that different ways to type a name
 * are the same name. Takes any text and never fails.
 */
export function normaliseName(typed: string): string {
  // Lowercasing can leave a text that is no longer in normal form, so normalize again.
  return typed.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
}

/** Whether it has none of the characters that nobody sees, and that make two names look the same (bidi overrides). */
export function isVisibleText(text: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);
}

/** The domain of what may be a mail address, in lower case; undefined where it is none. */
export function addressDomain(typed: string): string | undefined {
  const address = normaliseName(typed);
  return emailPattern.test(address) ? address.slice(address.lastIndexOf('@') + 1) : undefined;
}

/** Whether it has characters that would act on pages and terminals instead of being read. */
export function isUnreadable(text: string): boolean {
  return /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u.test(text);
}
