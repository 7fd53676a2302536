/**
 * A process that takes the role of an owner as soon as it is told to: `demoter.ts STORE USER_ID`, then anything on
 * stdin. Prints `ready`, then `demoted` or the code of the error.
 */
import { once } from 'node:events';
import { createChangeMarkers } from '../../src/caching/change_markers.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { createOperators } from '../../src/operators/room.ts';
import { openStore } from '../../src/storage/open.ts';

const [url = '', userId = ''] = process.argv.slice(2);
const store = await openStore({ url });
const operators = createOperators({
  ...{ documents: store.documents, users: store.users, projects: store.projects },
  announce: createChangeMarkers({ markers: store.revocations, clock }),
  audit: { record: async () => {} },
  clock,
});
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const outcome = await operators.set(userId, { role: 'auditor' }, { actor: 'operator' }).then(
  () => 'demoted',
  ({ code }) => String(code),
);
process.stdout.write(`${outcome}\n`);
process.stdin.destroy();
await store.close();
