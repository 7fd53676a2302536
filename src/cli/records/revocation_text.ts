/**
 * How `cardea revoke` reports what it did and what verifiers see of it.
 */
import type { RevocationCounts } from '../../tokens/room.ts';
import type { Effect } from './revocation_effect.ts';

/** Sums up several revocations by one command. */
export function totalOf(counts: readonly RevocationCounts[]): RevocationCounts {
  const sum = (count: (one: RevocationCounts) => number) =>
    counts.reduce((total, one) => total + count(one), 0);
  return {
    tokens: sum(({ tokens }) => tokens),
    clientBlocks: sum(({ clientBlocks }) => clientBlocks),
    records: sum(({ records }) => records),
    keys: sum(({ keys }) => keys),
  };
}

/** What is certain before anything is counted. */
export function describePromise(effectiveWithin: number): string {
  return `Revoked. Verifiers that follow the status lists refuse it within ${effectiveWithin} s.`;
}

export function describeCounts({ tokens, clientBlocks, records, keys }: RevocationCounts): string {
  const counts = [
    counted(tokens, 'JWT access token'),
    `${counted(clientBlocks, 'block')} of services' JWT access tokens`,
    counted(records, 'stored record'),
    counted(keys, 'API key'),
  ];
  return `${counts.join(', ')} ended.`;
}

export function describeEffect({ state, node, looked_up, refused }: Effect): string {
  switch (state) {
    case 'confirmed':
      return `Confirmed: the status lists at ${node} show it (${counted(looked_up, 'place')} looked up).`;
    case 'pending':
      return `Not confirmed: the status lists at ${node} show ${refused} of ${counted(looked_up, 'place')} as revoked. Look at that node's log.`;
    case 'nothing_listed':
      return 'No token of a status list ended, so there was nothing to look up.';
    case 'no_node':
      return 'Not confirmed: no node of this issuer answered. Every node reads the revocation from the store as it starts.';
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
