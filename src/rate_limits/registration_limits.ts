/**
 * How many clients one initial access token can create, how quickly, and how often a client that registered
 * itself can change its registration: clients stay until someone deletes them, and each change is audited. And how many
 * clients a network can create without such a token.
 */
import type { Clock } from '../clock.ts';
import type { Declaration } from '../config/schema/declaration.ts';
import { CardeaError } from '../errors.ts';
import type { CounterStore } from '../storage/counters.ts';
import { createNetworkBudget } from './network_budget.ts';
import { tooManyRequests } from './too_many_requests.ts';

/** `id`: of its record, already a hash. `expiresAt`: milliseconds since the epoch. */
export type UsedToken = { id: string; uses: number; expiresAt: number };

export type RegistrationLimits = {
  /**
   * Counts a client. Throws CardeaError `invalid_token` (401) when the token is used up, `too_many_requests` (429).
   */
  countClient(token: UsedToken): Promise<void>;
  /** Counts a client that registers without a token. Throws CardeaError `too_many_requests` (429). */
  countOpen(address: string): Promise<void>;
  /** Counts a change. Throws CardeaError `too_many_requests` (429). */
  countChange(clientId: string): Promise<void>;
};

export function createRegistrationLimits({
  counters,
  clock,
  policy,
  key,
}: {
  counters: Pick<CounterStore, 'add'>;
  clock: Clock;
  policy: Pick<
    Declaration['dynamic_registration'],
    'registrations_per_token' | 'registrations_per_address' | 'registrations_in_all'
  >;
  /** Derived for this purpose. */
  key: Buffer;
}): RegistrationLimits {
  const { registrations_per_token: rate } = policy;
  const open = createNetworkBudget({
    ...{ counters, clock, key },
    perAddress: policy.registrations_per_address,
    inAll: policy.registrations_in_all,
    purpose: 'open_registrations',
    refusal: 'Too many registrations from your network. Try again later.',
  });

  const countWithin = async (name: string) => {
    const now = clock.now();
    const { count, resetAt } = await counters.add(name, 1, rate.windowMs, now);
    if (count <= rate.limit) return;
    throw tooManyRequests('Too many registrations. Try again later.', resetAt - now);
  };

  return {
    async countClient({ id, uses, expiresAt }) {
      await countWithin(`registrations:${id}`);
      const now = clock.now();
      const { count } = await counters.add(`registered:${id}`, 1, expiresAt - now, now);
      if (count <= uses) return;
      throw new CardeaError({
        code: 'invalid_token',
        status: 401,
        message: 'This initial access token is used up.',
      });
    },
    countOpen: (address) => open.take(address, 1),
    countChange: (clientId) => countWithin(`registration_changes:${clientId}`),
  };
}
