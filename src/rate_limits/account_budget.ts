/**
 * Limits how often an account can do what leaves records for weeks or an audit event: get tokens at a client
 * that does not authenticate, consent to a client, send a form of its own pages. Checked before anything is spent, so that a refused
 * refresh token stays valid.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createLimitTally } from './limit_tally.ts';
import { tooManyRequests } from './too_many_requests.ts';

type AccountAtClient = { accountId: string; clientId: string };

export type AccountBudget = {
  /** Throws CardeaError `too_many_requests` (429) when nothing is left. */
  check(pair: AccountAtClient): void;
  /** Counts one. */
  count(pair: AccountAtClient): Promise<void>;
};

const limitMessages = {
  tokens: 'Too many tokens were issued to this account. Try again later.',
  consents: 'Too many consents were given by this account. Try again later.',
  changes: 'Too much was changed in this account. Try again later.',
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
  purpose: keyof typeof limitMessages;
}): AccountBudget {
  const tally = createLimitTally({ counters, clock, key, purpose, ...perAccount });
  // By client, so that whoever stole a token of one app does not lock its owner out of the others.
  const counterName = ({ accountId, clientId }: AccountAtClient) =>
    JSON.stringify([accountId, clientId]);

  return {
    check(pair) {
      const { count, endsAt } = tally.read(counterName(pair));
      if (count < perAccount.limit) return;
      throw tooManyRequests(limitMessages[purpose], endsAt - clock.now());
    },
    async count(pair) {
      await tally.add(counterName(pair), 1);
    },
  };
}
