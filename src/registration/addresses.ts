/**
 * Which mail addresses may register.
 */
import { domainToASCII } from 'node:url';
import { maxLength } from '../definitions/lengths.ts';
import { normaliseName } from '../definitions/names.ts';
import { isMailAddress } from '../mail/room.ts';

/**
 * As it is stored, looked up and written to: one form for all three, so that nobody reads mail at an address that only
 * looks like the one of an account. Undefined: it is none, or is too long for a username, which it becomes.
 */
export function registrableAddress(typed: string): string | undefined {
  const address = normaliseName(typed);
  return isMailAddress(address) && address.length <= maxLength.username ? address : undefined;
}

/** `domains`: those of the configuration, none for all. A domain stands for itself, not for those below it. */
export function isAddressAllowed(address: string, domains: readonly string[]): boolean {
  const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1));
  return (
    domain !== '' && (domains.length === 0 || domains.some((one) => domainToASCII(one) === domain))
  );
}
