/**
 * The address that uses a credential, and whether it is in a network. Only addresses that Cardea accepts count:
 * an unknown or unaccepted address is in no network.
 */
import { BlockList, isIP } from 'node:net';
import type { VerifierSettings } from '../options.ts';

/** Returns the address for what `verify` was given; empty if unknown. */
export function createClientAddress({
  clientAddress,
}: Pick<VerifierSettings, 'clientAddress'>): (input: unknown) => string {
  return (input) => {
    const given = clientAddress?.(input);
    // A zone (RFC 4007) has a meaning only on its own host.
    const address = typeof given === 'string' ? given.replace(/%.*$/s, '') : '';
    return isTaken(address) ? address : '';
  };
}

/** Networks that are kept parsed, because many tokens name the same ones. */
const maxCachedSets = 1000;
const cachedSets = new Map<string, BlockList>();

/** Entries that are not networks contain no address. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const family = isIP(address);
  return family !== 0 && networkSetOf(networks).check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function networkSetOf(networks: readonly string[]): BlockList {
  const name = networks.join(' ');
  const known = cachedSets.get(name);
  if (known) return known;
  const set = new BlockList();
  for (const network of networks) add(set, network);
  if (cachedSets.size >= maxCachedSets) cachedSets.clear();
  cachedSets.set(name, set);
  return set;
}

function add(set: BlockList, network: string): void {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  const family = isIP(address);
  if (family === 0) return;
  const most = family === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (length <= most) set.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
}

/** Cardea rejects a whole request if an address in it is malformed. */
function isTaken(address: string): boolean {
  const isDotted = /:.*\./.test(address);
  return isIP(address) !== 0 && (!isDotted || /^::ffff:/i.test(address));
}
