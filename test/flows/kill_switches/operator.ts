/**
 * An operator's process: the kill switches on a store of its own, as the command line has them.
 */
import { type Audit, createAudit } from '../../../src/audit/recorder.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import type { Store } from '../../../src/storage/store.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';

export type Operator = ReturnType<typeof killSwitchesOn> & { audit: Audit };

export function createOperator(store: Store, declared: object = {}): Operator {
  const audit = createAudit({ store: store.audit, clock, log: { error: () => {} } });
  return { ...killSwitchesOn(store, { declared, audit, clock }), audit };
}
