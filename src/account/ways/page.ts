/**
 * All ways in which the person can sign in.
 */
import type { AccountPage } from '../page.ts';
import { passkeySignals } from './passkeys/own_passkeys.ts';
import { signInWays } from './ways.ts';

export const waysPages: readonly AccountPage[] = [
  {
    ...{ path: '/ways', section: 'ways', method: 'GET', name: 'ways' },
    async handle(request) {
      const ways = await Promise.all(signInWays.map((way) => way(request)));
      return {
        page: 'account/ways',
        data: {
          ways: ways.filter((way) => way !== undefined),
          signals: passkeySignals(request),
        },
      };
    },
  },
];
