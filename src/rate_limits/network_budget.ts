/**
 * Limits how much strangers can leave in the store, or have the server do: sign-ins, pushed requests and device codes
 * that were begun and led to nothing, clients that register themselves, documents of clients that are fetched. Counted
 * by network; what comes to something is given back.
 *
 * The total of all networks alone never refuses anyone, or one could block the others. Instead, when the
 * total is too high, each network's share shrinks. Whoever has left little can go on.
 */
import type { Clock } from '../clock.ts';
import { crowdedShare } from '../definitions/limits.ts';
import { networkShares } from '../net/network_shares.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createLimitTally } from './limit_tally.ts';
import { tooManyRequests } from './too_many_requests.ts';

export type NetworkBudget = {
  /**
   * Counts `units` against the address's networks. Throws CardeaError `too_many_requests` (429) without
   * counting anything.
   */
  take(address: string, units: number): Promise<void>;
  /** What was taken led to something, or is gone. */
  giveBack(address: string, units: number): Promise<void>;
};

/** So much in a window of time. */
type Rate = { limit: number; windowMs: number };

const everybody = 'everybody';

export function createNetworkBudget({
  counters,
  clock,
  perAddress,
  inAll,
  purpose,
  key,
  refusal,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  perAddress: Rate;
  inAll: Rate;
  /** Prefix of its counters in the store. */
  purpose: string;
  /** Derived for this purpose. */
  key: Buffer;
  /** What a refusal says. */
  refusal: string;
}): NetworkBudget {
  const tallyOf = (rate: Rate) => createLimitTally({ counters, clock, key, purpose, ...rate });
  const networks = tallyOf(perAddress);
  const total = tallyOf(inAll);

  const giveBack: NetworkBudget['giveBack'] = async (address, units) => {
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
      throw tooManyRequests(refusal, endsAt - clock.now());
    },
    giveBack,
  };
}
