/**
 * A process that throws a kill switch and is killed (SIGKILL) right after its n-th operation on the store, or
 * after it answered, when there are fewer. Arguments: the store, the target as JSON, n.
 */
import { openStore } from '../../../src/storage/open.ts';
import type { Store } from '../../../src/storage/store.ts';
import { declaration } from './configuration.ts';
import { createOperator } from './operator.ts';

const [, , url = '', target = '', fatal = ''] = process.argv;
let operations = 0;

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

function mortal<Part extends object>(part: Part): Part {
  const operation = (run: (...values: unknown[]) => Promise<unknown>) => {
    return async (...values: unknown[]) => {
      const answer = await run(...values);
      operations += 1;
      return operations === Number(fatal) ? die() : answer;
    };
  };
  return Object.fromEntries(
    Object.entries(part).map(([name, run]) => [name, operation(run)]),
  ) as Part;
}

const store = await openStore({ url });
const watched: Store = {
  ...store,
  artifacts: mortal(store.artifacts),
  audit: mortal(store.audit),
  documents: mortal(store.documents),
  revocations: mortal(store.revocations),
  statusRanges: mortal(store.statusRanges),
};
const { killSwitches } = createOperator(watched, declaration);
await killSwitches.throwSwitch(JSON.parse(target), {
  type: 'revocation.everything',
  actor: 'operator',
  reason: 'before the end',
});
process.stdout.write('answered', () => void die());
