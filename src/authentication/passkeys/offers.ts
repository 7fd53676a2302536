/**
 * Passkeys that browsers make by themselves after a sign-in by password: who is offered one, and how often.
 */
import type { Clock } from '../../clock.ts';
import { dayMs } from '../../definitions/units.ts';
import type { Authenticators } from '../authenticators.ts';
import type { Proof } from '../proofs.ts';
import { mayMakeFirst } from './first_passkey.ts';

const everyMs = 30 * dayMs;

export type PasskeyOffers = {
  /** Whether one is due after a sign-in with these proofs; from then on none is for a month. */
  begin(userId: string, proofs: readonly Proof[]): Promise<boolean>;
};

export function createPasskeyOffers({
  authenticators,
  isPossible,
  clock,
}: {
  authenticators: Pick<Authenticators, 'change'>;
  isPossible: boolean;
  clock: Clock;
}): PasskeyOffers {
  return {
    async begin(userId, proofs) {
      if (!isPossible || !proofs.some(({ method }) => method === 'password')) return false;
      return authenticators.change(userId, undefined, (record) => {
        const now = clock.now();
        const isDue = now - (record.passkeyOfferedAt ?? 0) >= everyMs;
        return isDue && mayMakeFirst(record, proofs) ? { passkeyOfferedAt: now } : undefined;
      });
    },
  };
}
