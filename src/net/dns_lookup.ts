/**
 * Looks up names that strangers give without the threads of the system's resolver. Those are four for the whole process,
 * which also signs with them, and a name whose servers never answer holds one for many seconds. The answer is that of
 * DNS alone; a hosts file and search domains are the operator's, and not for strangers.
 */
import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackHost } from '../definitions/loopback.ts';

type Found = { address: string; family: 4 | 6 };

/** RFC 6761 section 6.3. */
const loopback: Found[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** `timeLimit`: milliseconds for a name, repetition included. `servers`: those of the system by default. */
export function createDnsLookup({
  timeLimit,
  servers,
}: {
  timeLimit: number;
  servers?: readonly string[];
}): LookupFunction {
  const resolver = new Resolver({ timeout: Math.ceil(timeLimit / 2), tries: 2 });
  if (servers) resolver.setServers(servers);

  const addressesOf = async (name: string): Promise<Found[]> => {
    if (isIP(name)) return [{ address: name, family: isIP(name) as 4 | 6 }];
    if (isLoopbackHost(name) || name.endsWith('.localhost')) return loopback;
    const [four, six] = await Promise.allSettled([
      resolver.resolve4(name),
      resolver.resolve6(name),
    ]);
    const found = [...ofFamily(4, four), ...ofFamily(6, six)];
    if (found.length === 0 && four.status === 'rejected') throw four.reason;
    return found;
  };

  return (hostname, options, callback) => {
    addressesOf(hostname).then(
      (found) => {
        const [first] = found;
        if (options.all) callback(null, found);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error) => callback(error, []),
    );
  };
}

function ofFamily(family: 4 | 6, answer: PromiseSettledResult<string[]>): Found[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
}
