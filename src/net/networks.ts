/**
 * Addresses and networks: one normal form, and membership in a list of CIDRs.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Parses exactly one address in the usual form (not `0x7f.1`), without port or brackets. An IPv4 address
 * mapped into IPv6 (`::ffff:192.0.2.1`) becomes the IPv4 address. The deprecated `::192.0.2.1` is rejected:
 * the library reads it as the mapped one, the operating system does not. A zone (RFC 4007) is dropped: it
 * only has a meaning on its own host.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 0) return undefined;
  const [address = ''] = text.split('%', 1);
  return /^(?!::ffff:).*:.*\./i.test(address) ? undefined : ipaddr.process(address);
}

/** The normal form in which an address is counted and logged (RFC 5952). */
export function addressText(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Whether an address is in one of the networks. Throws for text that is not a network; it was validated before. */
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
  // Addresses are compared unmapped, so networks have to be unmapped too.
  return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
    ? [network.toIPv4Address(), bits - 96]
    : [network, bits];
}
