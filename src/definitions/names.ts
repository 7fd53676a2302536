/**
 * Names of people: what they look like, and the normalized form in which usernames and email addresses are stored,
 * looked up and counted.
 */
import { maxLength } from './lengths.ts';

/** The minimal shape of an email address. Only a message to it can show that it exists. */
export const emailPattern = /^[^\s@]+@[^\s@]+$/;

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
