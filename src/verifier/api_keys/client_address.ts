/**
 * Who uses a credential, and whether that one is in a network: addresses as Cardea takes them. An address that is not
 * known, or not taken, is in no network.
 */
import { BlockList, isIP } from 'node:net';
import type { Settings } from '../options.ts';

/** The address of who uses what `verify` was given; empty: not known. */
export function createClientAddress({
  clientAddress,
}: Pick<Settings, 'clientAddress'>): (input: unknown) => string {
  return (input) => {
    const given = clientAddress?.(input);
    // A zone (RFC 4007) means something on its own host only.
    const address = typeof given === 'string' ? given.replace(/%.*$/s, '') : '';
    return isTaken(address) ? address : '';
  };
}

/** Networks that are kept ready, of many tokens that name the same. */
const mostKept = 1000;
const kept = new Map<string, BlockList>();

/** Text that is no network has no address. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const family = isIP(address);
  return family !== 0 && setOf(networks).check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function setOf(networks: readonly string[]): BlockList {
  const name = networks.join(' ');
  const known = kept.get(name);
  if (known) return known;
  const set = new BlockList();
  for (const network of networks) add(set, network);
  if (kept.size >= mostKept) kept.clear();
  kept.set(name, set);
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

/** What Cardea does not take as an address would be refused with all that is asked along with it. */
function isTaken(address: string): boolean {
  const isDotted = /:.*\./.test(address);
  return isIP(address) !== 0 && (!isDotted || /^::ffff:/i.test(address));
}
