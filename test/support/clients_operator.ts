/** An operator who changes clients beside a running server, with the checks of the command line. */
import { createClientCheck } from '../../src/clients/client_check.ts';
import { type Clients, createClients } from '../../src/clients/service.ts';
import { systemClock as clock } from '../../src/clock.ts';
import type { Store } from '../../src/storage/store.ts';
import { killSwitchesOn } from './kill_switches.ts';
import { testAudit } from './rooms.ts';

/** `declaration`: the server's. */
export function clientsOn(store: Store, declaration: object): Clients {
  const audit = testAudit(store, clock);
  const operator = killSwitchesOn(store, { declared: declaration, audit, clock });
  const validate = createClientCheck({
    declaration: operator.declaration,
    apis: () => operator.declaration.apis,
  });
  const { killSwitches, announce } = operator;
  return createClients({ store: store.clients, killSwitches, clock, audit, announce, validate });
}
