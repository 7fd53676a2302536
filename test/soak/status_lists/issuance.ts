/**
 * Positions for many tokens, by the services that a node has, without the tokens. Time is simulated: so many
 * tokens in each of its seconds, on a clock that ends now.
 */
import { randomId } from '../../../src/digests.ts';
import type { Store } from '../../../src/storage/store.ts';
import { familyOf } from '../../../src/tokens/revocation/families.ts';
import {
  createRevocations,
  type RevocationTarget,
} from '../../../src/tokens/revocation/revocations.ts';
import { createListRegistry } from '../../../src/tokens/status/list_registry.ts';
import {
  createStatusAssignment,
  type StatusClaim,
} from '../../../src/tokens/status/status_assignment.ts';

export const api = 'https://orders.example';
export const lifetimeSeconds = 6 * 3600;
const clients = 20;
const people = 10_000;
const keyId = 'a-key';

/** A token as far as its bit is concerned, and what may end it. */
export type Issued = { uri: string; idx: number; target: RevocationTarget };

export type Issuance = {
  clientTokens(count: number): Promise<Issued[]>;
  /** Each of a family of its own. */
  personTokens(count: number): Promise<Issued[]>;
  revoke(target: RevocationTarget): Promise<void>;
};

export function createIssuance({
  store,
  issuer,
  perSecond,
  startAt,
}: {
  store: Store;
  issuer: string;
  /** Tokens in a simulated second. */
  perSecond: number;
  /** Milliseconds since the epoch. */
  startAt: number;
}): Issuance {
  let issued = 0;
  const clock = { now: () => startAt + Math.floor((issued * 1000) / perSecond) };
  const { documents, artifacts, revocations: markers } = store;
  const { statusRanges: ranges, statusLeases: leases } = store;
  const registry = createListRegistry({
    ...{ documents, clock },
    longestTokenLifetimeMs: () => lifetimeSeconds * 1000,
  });
  const revocations = createRevocations({ markers, artifacts, clock });
  const assignment = createStatusAssignment({
    issuer,
    registry,
    leases,
    ranges,
    revocations,
    clock,
  });

  const facts = (index: number) => {
    const issuedAt = Math.floor(clock.now() / 1000);
    const expiresAt = issuedAt + lifetimeSeconds;
    return { clientId: `client-${index % clients}`, api, keyId, issuedAt, expiresAt };
  };
  const record = ({ status_list: { idx, uri } }: StatusClaim, familyId?: string): Issued => {
    const status = { list: uri.slice(uri.lastIndexOf('/') + 1), index: idx };
    const expiresAt = clock.now() + lifetimeSeconds * 1000;
    // Every other token of a person by its family: then the bit is found by what is on record.
    const target =
      familyId && idx % 2 === 0 ? { familyId } : { token: randomId(16), expiresAt, status };
    return { uri, idx, target };
  };
  /** As many at once as arrive in 50 ms. */
  const inBatches = async (count: number, issue: (index: number) => Promise<Issued>) => {
    const all: Issued[] = [];
    while (all.length < count) {
      const size = Math.min(Math.ceil(perSecond / 20), count - all.length);
      const first = all.length;
      all.push(...(await Promise.all(Array.from({ length: size }, (_, i) => issue(first + i)))));
      issued += size;
    }
    return all;
  };

  return {
    clientTokens: (count) =>
      inBatches(count, async (index) => record(await assignment.toClient(facts(index)))),
    personTokens: (count) =>
      inBatches(count, async (index) => {
        const grantId = randomId(32);
        const familyId = familyOf(grantId, randomId(32));
        const links = { userId: `${index % people}`.padStart(22, 'u'), grantId, familyId };
        return record(
          await assignment.toSingle({ ...facts(index), ...links, session: undefined }),
          familyId,
        );
      }),
    revoke: revocations.revoke,
  };
}
