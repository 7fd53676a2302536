/**
 * The status lists of one process, as the application puts them together, on a store that others may share.
 */
import type { Clock } from '../../../src/clock.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createRevocations, type Revocations } from '../../../src/tokens/revocation/revocations.ts';
import {
  createStatusAssignment,
  type StatusAssignment,
  type StatusClaim,
} from '../../../src/tokens/status/status_assignment.ts';
import { createStatusLists, type StatusLists } from '../../../src/tokens/status/status_lists.ts';
import {
  createStatusRecords,
  type StatusRecords,
} from '../../../src/tokens/status/status_records.ts';

const issuer = 'https://issuer.example';
export const lifetimeSeconds = 600;
const quiet = { info: () => {}, warn: () => {} };

export type StatusProcess = {
  lists: StatusLists;
  assignment: StatusAssignment;
  records: StatusRecords;
  revocations: Revocations;
  /** Whether the bit of this token is set here, once all that the store has is applied. */
  isSet(claim: StatusClaim): Promise<boolean>;
};

export function createStatusProcess({
  store,
  clock,
  lifetime = lifetimeSeconds,
}: {
  store: Pick<Store, 'documents' | 'revocations' | 'statusLeases' | 'statusRanges' | 'artifacts'>;
  clock: Clock;
  /** Of the longest-lived tokens, seconds. */
  lifetime?: number;
}): StatusProcess {
  const { documents, revocations: markers, artifacts } = store;
  const { statusRanges: ranges, statusLeases: leases } = store;
  const lists = createStatusLists({
    ...{ documents, ranges, leases, clock, log: quiet },
    revocations: markers,
    // Tests look by themselves.
    pollEveryMs: 1_000_000,
    longestTokenLifetimeMs: () => lifetime * 1000,
    onSigningKeyRevoked: () => {},
  });
  const { registry } = lists;
  const revocations = createRevocations({ markers, artifacts, clock });
  return {
    lists,
    revocations,
    assignment: createStatusAssignment({ issuer, registry, leases, ranges, revocations, clock }),
    records: createStatusRecords({ registry, ranges, clock }),
    async isSet(claim) {
      await lists.poke();
      const list = await lists.find(listOf(claim));
      if (!list) throw new Error('the list is gone');
      return list.bits.has(claim.status_list.idx);
    },
  };
}

export function listOf({ status_list: { uri } }: StatusClaim): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}

/** A client's own token that is issued now. */
export function clientToken(clock: Clock, given: { clientId?: string; api?: string } = {}) {
  const issuedAt = Math.floor(clock.now() / 1000);
  return {
    ...{ clientId: 'service', api: 'https://api.example', keyId: 'k1' },
    ...{ issuedAt, expiresAt: issuedAt + lifetimeSeconds },
    ...given,
  };
}

/** A person's token that is issued now. */
export function personToken(clock: Clock, given: { api?: string } = {}) {
  const links = { userId: 'u', grantId: 'g', familyId: 'g.f', session: 's' };
  return { ...clientToken(clock), ...links, ...given };
}
