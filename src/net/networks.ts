/**
 * Addresses and networks: one normal form, and membership in a list of CIDRs.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Strictly one address in the usual spelling (not `0x7f.1`), without port or brackets. An IPv4 address
 * that is mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. The deprecated `::192.0.2.1` is
 * not taken: the library reads it as the mapped one, the operating system does not. A zone (RFC 4007) means
 * something on its own host only and is left out.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const [address = ''] = text.split('%', 1);
  return /^(?!::ffff:).*:.*\./i.test(address) ? undefined : ipaddr.process(address);
}

/** The one spelling under which an address is counted and logged (RFC 5952). */
export function addressText(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Whether an address lies in one of the networks. Throws for text that is no network: it was checked before. */
export function createNetworkSet(networks: readonly string[]): (address: Address) => boolean {
  const parsed = networks.map(parseNetwork);
  return (address) =>
    parsed.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    );
}

function parseNetwork(text: string): [Address, number] {
  const [network, bits] = text.includes('/')
    ? ipaddr.parseCIDR(text)
    : [ipaddr.parse(text), text.includes(':') ? 128 : 32];
  // Addresses are compared unmapped, so the network has to be, too.
  return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
    ? [network.toIPv4Address(), bits - 96]
    : [network, bits];
}
