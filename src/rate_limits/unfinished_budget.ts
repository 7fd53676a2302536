/**
 * Limits how much strangers can leave unfinished: sign-ins, pushed requests and device codes that were begun
 * and led to nothing. Counted by network; what is finished is given back.
 *
 * The total of all networks alone never refuses anyone, or one could block the others. Instead, when the
 * total is too high, each network's share shrinks. Whoever has left little can go on.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { crowdedShare } from '../definitions/limits.ts';
import { networkShares } from '../net/network_shares.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createLimitTally } from './limit_tally.ts';
import { tooManyRequests } from './too_many_requests.ts';

export type UnfinishedBudget = {
  /**
   * Counts `units` against the address's networks. Throws CardeaError `too_many_requests` (429) without
   * counting anything.
   */
  take(address: string, units: number): Promise<void>;
  /** What was taken led to something, or is gone. */
  giveBack(address: string, units: number): Promise<void>;
};

const everybody = 'everybody';

export function createUnfinishedBudget({
  counters,
  clock,
  policy: { begun_per_address: perAddress, begun_in_all: inAll },
  key,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  policy: Declaration['strangers'];
  key: Buffer;
}): UnfinishedBudget {
  const tallyOf = (rate: typeof perAddress) =>
    createLimitTally({ counters, clock, key, purpose: 'begun', ...rate });
  const networks = tallyOf(perAddress);
  const total = tallyOf(inAll);

  const giveBack: UnfinishedBudget['giveBack'] = async (address, units) => {
    await Promise.all([
      ...networkShares(address).map(({ network }) => networks.add(network, -units)),
      total.add(everybody, -units),
    ]);
  };

  return {
    async take(address, units) {
      const shares = networkShares(address);
      const [all, ...states] = await Promise.all([
        total.add(everybody, units),
        ...shares.map(({ network }) => networks.add(network, units)),
      ]);
      const part = all.count > inAll.limit ? crowdedShare : 1;
      const exceeded = states.filter(
        ({ count }, index) =>
          count > Math.max(1, perAddress.limit * (shares[index]?.factor ?? 1) * part),
      );
      if (exceeded.length === 0) return;
      await giveBack(address, units);
      const endsAt = Math.max(...exceeded.map((state) => state.endsAt));
      throw tooManyRequests(
        'Too many unfinished requests from your network. Try again later.',
        endsAt - clock.now(),
      );
    },
    giveBack,
  };
}
