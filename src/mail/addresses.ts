/**
 * Mail addresses: which can be sent to, and how others see them.
 */
import { maxLength } from '../definitions/lengths.ts';
import { mailAddressPattern } from '../definitions/names.ts';

/** Whether it is one address and nothing else: no second recipient, no line break, no display name. */
export function isMailAddress(text: string): boolean {
  return text.length <= maxLength.email && mailAddressPattern.test(text);
}

/** `a…e@example.com`: enough to recognize one's own. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const letters = [...address.slice(0, at)];
  const shown = letters.length > 3 ? `${letters[0]}…${letters.at(-1)}` : `${letters[0] ?? ''}…`;
  return `${shown}${address.slice(at)}`;
}
