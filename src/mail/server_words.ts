/**
 * What a mail server said, for logs and lists. It may repeat the recipient, or a link from the mail: neither is kept.
 */
import { maskedAddress } from './addresses.ts';

const longest = 300;

/** One line without line breaks, addresses and links. */
export function serverWords(text: string): string {
  return text
    .slice(0, 10 * longest)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '[link]')
    .replace(/[^\s<>"'(),:;=]+@[^\s<>"'(),:;]+/g, maskedAddress)
    .trim()
    .slice(0, longest);
}
