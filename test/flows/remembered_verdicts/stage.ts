/** Two nodes as processes of their own on one store, the second with two workers, and an operator's process: this one. */
import assert from 'node:assert/strict';
import { type ProcessServer, startProcessServer } from '../../../harness/process_server.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import { createUsers } from '../../../src/users/service.ts';
import { clientsOn } from '../../support/clients_operator.ts';
import { failuresOf } from '../../support/flows.ts';
import { keyRoomsOn } from '../../support/key_rooms.ts';
import { standardScopes, testAudit } from '../../support/rooms.ts';
import { declaration } from './configuration.ts';

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** The operator changes no password. */
const passwords = {
  hash: async () => '',
  hashAgain: async () => '',
  verify: async () => false,
  match: async () => ({ matches: false, isOutdated: false }),
};

export async function openStage(url: string) {
  const first = await startProcessServer({ store: url, declaration });
  const { issuer } = first;
  const options = { store: url, declaration, issuer, workers: 2 };
  const nodes: [ProcessServer, ProcessServer] = [first, await startProcessServer(options)];
  const store = await openStore({ url });
  const audit = testAudit(store, clock);
  const rooms = keyRoomsOn(store, { declared: declaration, audit, clock });
  const { killSwitches, apiKeys, projects } = rooms;
  const users = createUsers({
    ...{ store: store.users, passwords, killSwitches, clock, audit },
    scopes: standardScopes,
  });

  return {
    ...{ issuer, store, killSwitches, apiKeys, projects, users },
    clients: clientsOn(store, declaration),
    node: (index: number): ProcessServer => nodes[index % 2] ?? first,
    async restart(index: number): Promise<void> {
      const at = index % 2;
      const old = nodes[at] ?? first;
      await end(old);
      const port = Number(new URL(old.url).port);
      nodes[at] = await startProcessServer({ ...options, port, workers: at + 1 });
    },
    async close(): Promise<void> {
      await Promise.all(nodes.map(end));
      await store.close();
    },
  };
}

/** As the power does. Whatever it was asked, it never failed over it. */
async function end(node: ProcessServer): Promise<void> {
  await node.kill();
  assert.deepEqual(failuresOf(node.output()), []);
}
