/**
 * An operator's process: the kill switches on a store of its own, as the command line has them.
 */
import { systemClock as clock } from '../../../src/clock.ts';
import type { Store } from '../../../src/storage/store.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';
import { testAudit } from '../../support/rooms.ts';

export type Operator = ReturnType<typeof killSwitchesOn> & {
  audit: ReturnType<typeof testAudit>;
};

export function createOperator(store: Store, declared: object = {}): Operator {
  const audit = testAudit(store, clock);
  return { ...killSwitchesOn(store, { declared, audit, clock }), audit };
}
