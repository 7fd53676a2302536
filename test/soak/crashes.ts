/**
 * kill -9 of a node amid redemptions, refreshes and revocations, again and again. Prints what was seen; ends
 * with an AssertionError when anything was spent twice or anything acknowledged was lost.
 *
 *   npm run soak:crashes                           SQLite only
 *   npm run soak:crashes -- mongodb://host:port/   and MongoDB
 *
 * SOAK_ROUNDS (20) is how often each store loses a node.
 */

import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { openStore } from '../../src/storage/open.ts';
import type { Store } from '../../src/storage/store.ts';
import { declaration } from '../flows/crashes/configuration.ts';
import { prepareWorkload, type Workload } from '../flows/crashes/workload.ts';
import { soakStores } from './stores.ts';

const rounds = Number(process.env.SOAK_ROUNDS ?? 20);

for (const { name, url: store } of await soakStores(process.argv[2])) {
  const ports = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const start = (port: number) => startProcessServer({ store, declaration, issuer, port });
  const nodes = await Promise.all(ports.map(start));
  let answered = 0;
  let broken = 0;
  let issued = 0;
  let off = 0;
  let longest = 0;
  const audit = await openStore({ url: store });
  for (let round = 0; round < rounds; round += 1) {
    const workload = await prepareWorkload(issuer, nodes);
    const victim = round % nodes.length;
    await workload.run(async () => {
      await nodes[victim]?.kill();
      nodes[victim] = await start(ports[victim] ?? 0);
    });
    await workload.check(audit.audit);
    const lost = await unrecorded(audit, workload.issued);
    issued += workload.issued.length;
    off += lost.length;
    longest = Math.max(longest, span(lost));
    answered += workload.counts.answered;
    broken += workload.counts.broken;
  }
  await Promise.all(nodes.map((node) => node.kill()));
  console.log(
    `${name}: ${rounds} nodes killed, ${answered} requests answered, ${broken} not; nothing spent twice, ` +
      `nothing acknowledged lost; of ${issued} issued tokens ${off} are off the record, ` +
      `at most ${Math.round(longest)} ms of answers of one kill`,
  );
  await audit.close();
}

async function unrecorded({ audit }: Store, issued: Workload['issued']) {
  const recorded = new Set<unknown>();
  for (const type of ['token.issued', 'token.refreshed']) {
    const events = await audit.list({ limit: 2000, type });
    for (const { details } of events) recorded.add(details?.token);
  }
  return issued.filter(({ token }) => !recorded.has(token));
}

/** Milliseconds between the first and the last answer. */
function span(answers: Workload['issued']): number {
  const times = answers.map(({ at }) => at);
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
}
