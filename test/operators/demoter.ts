/**
 * A process that takes the role of an owner each time that it is told to: `demoter.ts STORE USER_ID`, then a line on
 * stdin for each time. Prints `ready`, then a line for each: `demoted`, or the code of the error.
 */
import { createInterface } from 'node:readline';
import { createChangeMarkers } from '../../src/caching/change_markers.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { createOperators } from '../../src/operators/service.ts';
import { openStore } from '../../src/storage/open.ts';
import { createAuditTrail } from '../support/rooms.ts';

const [url = '', userId = ''] = process.argv.slice(2);
const store = await openStore({ url });
const operators = createOperators({
  ...{ documents: store.documents, users: store.users, projects: store.projects },
  announce: createChangeMarkers({ markers: store.revocations, clock }),
  audit: createAuditTrail(),
  clock,
});
process.stdout.write('ready\n');
for await (const _line of createInterface({ input: process.stdin })) {
  const outcome = await operators.set(userId, { role: 'auditor' }, { actor: 'operator' }).then(
    () => 'demoted',
    ({ code }) => String(code),
  );
  process.stdout.write(`${outcome}\n`);
}
await store.close();
