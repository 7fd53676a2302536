/** What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has. */
import ipaddr from 'ipaddr.js';
import { addressText, parseAddress } from '../http/networks.ts';

/** One spelling for each network; `unknown` for text that is no address. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  if (!address) return 'unknown';
  return address instanceof ipaddr.IPv6
    ? addressText(ipaddr.IPv6.networkAddressFromCIDR(`${addressText(address)}/64`))
    : addressText(address);
}
