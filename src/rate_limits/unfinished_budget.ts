/**
 * How much people whom nobody knows may leave unfinished: sign-ins, pushed requests, device codes that were
 * begun and led to nothing. It is counted by network; what is finished is given back.
 *
 * What all networks leave together refuses nobody by itself, else one could shut out the others with it: where it
 * is too much, each network's share becomes small. Who has left little goes on.
 */
import { createSharedTally } from '../caching/shared_tally.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { networkShares } from '../net/network_of.ts';
import type { CounterStore } from '../storage/counters.ts';
import { tooManyRequests } from './refusal.ts';

export type BegunBudget = {
  /** Counts `units` against the address's networks. Throws CardeaError `too_many_requests` (429), with nothing counted. */
  take(address: string, units: number): Promise<void>;
  /** What was taken led to something, or is gone. */
  giveBack(address: string, units: number): Promise<void>;
};

/** One network's share where all of them leave too much. */
const crowdedShare = 1 / 20;
/** A process tells the others each time it has counted so much of a limit. */
const chunkShare = 1 / 100;
const everybody = 'everybody';

export function createBegunBudget({
  counters,
  clock,
  policy: { begun_per_address: perAddress, begun_in_all: inAll },
  key,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  policy: Declaration['strangers'];
  key: Buffer;
}): BegunBudget {
  const tallyOf = ({ limit, windowMs }: typeof perAddress) =>
    createSharedTally({
      ...{ counters, clock, key, windowMs, purpose: 'begun' },
      chunk: Math.max(1, Math.floor(limit * chunkShare)),
    });
  const networks = tallyOf(perAddress);
  const total = tallyOf(inAll);

  const giveBack: BegunBudget['giveBack'] = async (address, units) => {
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
        'Too many requests from your network were begun and not finished. Try again later.',
        endsAt - clock.now(),
      );
    },
    giveBack,
  };
}
