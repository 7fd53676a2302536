/** What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has. */
import ipaddr from 'ipaddr.js';
import { addressText, parseAddress } from './networks.ts';

/** One spelling for each network; `unknown` for text that is no address. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  if (!address) return 'unknown';
  return address instanceof ipaddr.IPv6
    ? addressText(ipaddr.IPv6.networkAddressFromCIDR(`${addressText(address)}/64`))
    : addressText(address);
}

/** A network, or one around it, and how many times the share of one address it may have. */
export type NetworkShare = { network: string; factor: number };

/** Who has a /48 has 65,536 times a /64: each further part of an IPv6 address has a share of its own. */
const widerPrefixes = [
  { bits: 56, factor: 4 },
  { bits: 48, factor: 16 },
];

/** What an address's use is counted against: its own network first, then the wider ones. */
export function networkShares(text: string): NetworkShare[] {
  const address = parseAddress(text);
  const own = { network: networkOf(text), factor: 1 };
  if (!(address instanceof ipaddr.IPv6)) return [own];
  const wider = widerPrefixes.map(({ bits, factor }) => {
    const cidr = `${addressText(address)}/${bits}`;
    const network = addressText(ipaddr.IPv6.networkAddressFromCIDR(cidr));
    return { network: `${network}/${bits}`, factor };
  });
  return [own, ...wider];
}
