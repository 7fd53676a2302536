/**
 * How often an account may do what leaves records for weeks or an event in the audit trail: have tokens issued at a
 * client that proves nothing about itself, consent to a client. Refused before anything is spent, so that a refresh
 * token is as good afterwards as it was.
 */
import { createSharedTally } from '../caching/shared_tally.ts';
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { CounterStore } from '../storage/counters.ts';
import { tooManyRequests } from './refusal.ts';

type Holder = { accountId: string; clientId: string };

export type AccountBudget = {
  /** Throws CardeaError `too_many_requests` (429) where nothing is left. */
  check(holder: Holder): void;
  /** Counts one. */
  count(holder: Holder): Promise<void>;
};

const chunkShare = 1 / 100;
const refusals = {
  tokens: 'Too many tokens were issued to this account.',
  consents: 'Too many consents were given by this account. Try again later.',
};

export function createAccountBudget({
  counters,
  clock,
  policy: { tokens_per_account: perAccount },
  key,
  purpose,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  policy: Declaration['strangers'];
  key: Buffer;
  purpose: keyof typeof refusals;
}): AccountBudget {
  const tally = createSharedTally({
    ...{ counters, clock, key, purpose },
    windowMs: perAccount.windowMs,
    chunk: Math.max(1, Math.floor(perAccount.limit * chunkShare)),
  });
  // By client, so that whoever has stolen a token of one app refuses nobody the others.
  const nameOf = ({ accountId, clientId }: Holder) => JSON.stringify([accountId, clientId]);

  return {
    check(holder) {
      const { count, endsAt } = tally.read(nameOf(holder));
      if (count < perAccount.limit) return;
      throw tooManyRequests(refusals[purpose], endsAt - clock.now());
    },
    async count(holder) {
      await tally.add(nameOf(holder), 1);
    },
  };
}
