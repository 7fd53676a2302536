/**
 * A token of a signing key that is not the current one any more. Keys rotate quickly before the nodes start, and
 * by the default policy afterwards: what verifiers may cache, and for how long, is as it is everywhere.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessServerOptions, startProcessServer } from '../../../harness/process_server.ts';
import { createCast, keyOf } from './cast.ts';
import { startOperator } from './children.ts';
import { declaration, stock } from './configuration.ts';
import { operatorEnvironment } from './operator_environment.ts';

const quickly = { ...declaration, signing_keys: { publish_ahead: '1s' } };
const patienceMs = 20_000;

/** `node`: one that runs for this only. */
export async function tokenOfOlderKey(
  node: ProcessServerOptions & { issuer: string; secret: string },
): Promise<string> {
  const server = await startProcessServer({ ...node, declaration: quickly });
  const operator = startOperator(await operatorEnvironment({ ...node, declaration: quickly }));
  const { service } = createCast(node.issuer);
  const token = await service('job', stock);
  await operator.rotateKeys();
  const deadline = performance.now() + patienceMs;
  while (keyOf(await service('job', stock)) === keyOf(token)) {
    if (performance.now() > deadline) throw new Error('the keys did not rotate');
    await sleep(100);
  }
  operator.close();
  await server.stop();
  return token;
}
