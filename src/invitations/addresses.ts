/**
 * Which mail addresses may register.
 */
import { domainToASCII } from 'node:url';
import { maxLength } from '../definitions/lengths.ts';
import { normaliseName } from '../definitions/names.ts';
import { isMailAddress } from '../mail/room.ts';

export type RegistrableAddresses = {
  /** The address as it is kept; `address`: it is none, `domain`: it may not register here. Says nothing of accounts. */
  addressFor(typed: string): { address: string } | 'address' | 'domain';
};

/** `domains`: those of the configuration, none for all. A domain stands for itself, not for those below it. */
export function createRegistrableAddresses(domains: readonly string[]): RegistrableAddresses {
  const allowed = new Set(domains.map(domainToASCII));
  return {
    addressFor(typed) {
      // One form to store, to look up and to write to, so that nobody reads mail at an address that only looks like the
      // one of an account.
      const address = normaliseName(typed);
      // It becomes the username.
      if (!isMailAddress(address) || address.length > maxLength.username) return 'address';
      const domain = domainToASCII(address.slice(address.lastIndexOf('@') + 1));
      if (domain === '') return 'address';
      return allowed.size === 0 || allowed.has(domain) ? { address } : 'domain';
    },
  };
}
