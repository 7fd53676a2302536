/**
 * The one spelling under which a username or an email address is declared, stored, found and counted.
 */

/** What an email address looks like at least; whether it is one, only a message to it tells. */
export const emailPattern = /^[^\s@]+@[^\s@]+$/;

/**
 * NFKC and lower case (in the spirit of RFC 8265's UsernameCaseMapped), without outer spaces: what people type
 * for the same name is the same. Takes any text and never fails.
 */
export function normaliseName(typed: string): string {
  // Lower-casing can leave a text that is no longer in normal form, hence twice.
  return typed.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
}
