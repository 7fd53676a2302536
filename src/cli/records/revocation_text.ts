/**
 * How `cardea revoke` reports what it did and what verifiers see of it.
 */
import type { RevocationOutcome } from '../../tokens/room.ts';
import type { Effect } from './revocation_effect.ts';

type Total = Omit<RevocationOutcome, 'marked'>;

/** Sums up several revocations by one command. */
export function totalOf(outcomes: readonly RevocationOutcome[]): Total {
  const sum = (count: (outcome: RevocationOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  return {
    effectiveWithin: Math.max(0, ...outcomes.map(({ effectiveWithin }) => effectiveWithin)),
    tokens: sum(({ tokens }) => tokens),
    clientBlocks: sum(({ clientBlocks }) => clientBlocks),
    records: sum(({ records }) => records),
    keys: sum(({ keys }) => keys),
  };
}

export function describe({ effectiveWithin, tokens, clientBlocks, records, keys }: Total): string {
  const counts = [
    counted(tokens, 'JWT access token'),
    `${counted(clientBlocks, 'block')} of services' JWT access tokens`,
    counted(records, 'stored record'),
    counted(keys, 'API key'),
  ];
  return `Revoked. ${counts.join(', ')} ended. Verifiers that follow the status lists refuse it within ${effectiveWithin} s.`;
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
