/**
 * Which addresses are on the public internet. Everything else (private, loopback, link-local with its metadata
 * services, documentation, tunnels that hide an IPv4 address) may reach what only this machine's network can.
 */
import { type Address, createNetworkSet } from './networks.ts';

/** The IPv6 range that IANA has opened for global unicast. 64:ff9b::/96, ::/96 and the like are outside. */
const isGlobalUnicast = createNetworkSet(['2000::/3']);
/** Public by its range, but the platform's own service inside a cloud network (Azure). */
const isPlatformService = createNetworkSet(['168.63.129.16/32']);

/** `address` as returned by parseAddress(): an IPv4 address mapped into IPv6 is an IPv4 address. */
export function isPublicAddress(address: Address): boolean {
  return (
    address.range() === 'unicast' &&
    (address.kind() === 'ipv4' || isGlobalUnicast(address)) &&
    !isPlatformService(address)
  );
}
