/** Processes that issue clients' own tokens, and what they put on record about them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { StatusRange, StatusRangeStore } from '../../../src/storage/status_ranges.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createRevocations } from '../../../src/tokens/revocation/revocations.ts';
import {
  type ClientRequest,
  type ClientToken,
  createClientBlocks,
  type Position,
} from '../../../src/tokens/status/client_blocks.ts';
import { createListRegistry } from '../../../src/tokens/status/list_registry.ts';
import { createPositions } from '../../../src/tokens/status/positions.ts';
import { createMovableClock, type MovableClock, openTestStore } from '../../support/rooms.ts';
import { lifetimeSeconds } from './process.ts';

export type Taken = Position & { token: ClientToken };
export type Issuer = ReturnType<typeof issuerOn>;

/** A process that issues, and remembers what it recorded. */
export function issuerOn(store: Store, clock: MovableClock, ranges: Pick<StatusRangeStore, 'add'>) {
  const registry = createListRegistry({
    documents: store.documents,
    clock,
    longestTokenLifetimeMs: () => lifetimeSeconds * 1000,
  });
  const revocations = createRevocations({
    markers: store.revocations,
    artifacts: store.artifacts,
    clock,
  });
  const positions = createPositions({
    ...{ registry, leases: store.statusLeases, revocations, clock },
  });
  const recorded: StatusRange[] = [];
  const blocks = createClientBlocks({
    positions,
    revocations,
    clock,
    ranges: {
      async add(range) {
        await ranges.add(range);
        recorded.push(range);
      },
    },
  });
  const take = async (token: ClientRequest): Promise<Taken> => ({
    ...(await blocks.take(token)),
    token,
  });
  const rangeOf = ({ list, position }: Position) => {
    const range = recorded.find(
      ({ list: id, first, count }) =>
        id === list.id && first <= position && position < first + count,
    );
    return range ?? assert.fail(`position ${position} is of no range`);
  };
  /** Whether a request that comes with this token is refused. */
  const isRevoked = (taken: Taken) => {
    const { clientId, api, keyId, asOf } = rangeOf(taken);
    const issuedAt = taken.token.issuedAt * 1000;
    return revocations.isRevoked({ clientId, api, keyId, asOf, issuedAt });
  };
  return { take, recorded, rangeOf, isRevoked, revocations, registry };
}

export async function oneIssuer(t: TestContext, start?: number) {
  const store = await openTestStore(t);
  const clock = createMovableClock(start);
  return { store, clock, ...issuerOn(store, clock, store.statusRanges) };
}
