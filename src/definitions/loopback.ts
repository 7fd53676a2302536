/**
 * Hosts that can only mean this machine.
 */
import ipaddr from 'ipaddr.js';

/** Whether a host (a name, or an address with or without brackets) can only mean this machine. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost') return true;
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'loopback';
}
