/**
 * The throttle of sign-ins, with the same counters wherever something is proven: no page gives further guesses.
 */
import { createSignInThrottle, type SignInThrottle } from '../rate_limits/room.ts';
import type { Start } from './start.ts';

export function createServerThrottle({
  config: { declaration },
  services: { store, secrets },
  clock,
}: Pick<Start, 'config' | 'services' | 'clock'>): SignInThrottle {
  return createSignInThrottle({
    ...{ counters: store.counters, policy: declaration.sign_in, clock },
    keys: secrets.deriveAll('sign-in throttle'),
  });
}
