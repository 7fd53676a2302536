/**
 * What counts as one address: an IPv4 address, or the /64 of one IPv6 subscriber.
 */
import ipaddr from 'ipaddr.js';
import { addressText, parseAddress } from './networks.ts';

/** The network of an address in normal form. `unknown` if the text is not an address. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  if (!address) return 'unknown';
  return address instanceof ipaddr.IPv6
    ? addressText(ipaddr.IPv6.networkAddressFromCIDR(`${addressText(address)}/64`))
    : addressText(address);
}

/** A network, or one around it, and how many times the limit of a single address it gets. */
export type NetworkShare = { network: string; factor: number };

/** A /48 contains 65,536 /64 networks, so the wider networks around an IPv6 address have limits of their own. */
const widerPrefixes = [
  { bits: 56, factor: 4 },
  { bits: 48, factor: 16 },
];

/** What an address's use counts against: its own network first, then the wider ones. */
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
