/**
 * A process that throws a kill switch and is killed (SIGKILL) right after its n-th operation on the store, or
 * after it has finished, when there are fewer. It says what it comes to: `acknowledged`, `finished`. Arguments:
 * the store, the target as JSON, n.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../../src/storage/open.ts';
import { declaration } from './configuration.ts';
import { mortalStore } from './mortal_store.ts';
import { createOperator } from './operator.ts';

const [, , url = '', target = '', fatal = ''] = process.argv;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

const watched = mortalStore(await openStore({ url }), Number(fatal), die);
const { killSwitches } = createOperator(watched, declaration);
const { finished } = await killSwitches.throwSwitch(JSON.parse(target), {
  type: 'revocation.everything',
  actor: 'operator',
  reason: 'before the end',
});
writeSync(1, 'acknowledged ');
await finished;
writeSync(1, 'finished');
await die();
