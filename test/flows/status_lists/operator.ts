/**
 * Whoever throws the switches: on the same store, with a clock of its own.
 */
import type { Clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';
import { createAuditTrail } from '../../support/rooms.ts';
import { declaration } from './configuration.ts';

export type Operator = {
  store: Store;
  /** Complete when it resolves. */
  kill(target: RevocationTarget): Promise<void>;
  close(): Promise<void>;
};

export async function createOperator(url: string, clock: Clock): Promise<Operator> {
  const store = await openStore({ url });
  const { killSwitches, keyrings } = killSwitchesOn(store, {
    ...{ declared: declaration, clock },
    audit: createAuditTrail(),
  });
  return {
    store,
    async kill(target) {
      await killSwitches.throwSwitch(target, { type: 'token.revoked', actor: 'operator' });
    },
    async close() {
      await Promise.all(keyrings.map((keyring) => keyring.close()));
      await store.close();
    },
  };
}
