/**
 * kill -9 of a node amid redemptions, refreshes and revocations, again and again. Prints what was seen; ends
 * with an AssertionError when anything was spent twice or anything acknowledged was lost.
 *
 *   npm run soak:crashes                           SQLite only
 *   npm run soak:crashes -- mongodb://host:port/   and MongoDB
 *
 * SOAK_ROUNDS (20) is how often each store loses a node.
 */
import { declaration } from '../../test/flows/crashes/configuration.ts';
import { prepareWorkload } from '../../test/flows/crashes/workload.ts';
import { startProcessServer } from '../../test/support/process_server.ts';
import { freePort } from '../../test/support/server.ts';
import { soakStores } from './stores.ts';

const rounds = Number(process.env.SOAK_ROUNDS ?? 20);

for (const { name, url: store } of await soakStores(process.argv[2])) {
  const ports = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const start = (port: number) => startProcessServer({ store, declaration, issuer, port });
  const nodes = await Promise.all(ports.map(start));
  let answered = 0;
  let broken = 0;
  for (let round = 0; round < rounds; round += 1) {
    const workload = await prepareWorkload(issuer, nodes);
    const victim = round % nodes.length;
    await workload.run(async () => {
      await nodes[victim]?.kill();
      nodes[victim] = await start(ports[victim] ?? 0);
    });
    await workload.check();
    answered += workload.counts.answered;
    broken += workload.counts.broken;
  }
  await Promise.all(nodes.map((node) => node.kill()));
  console.log(
    `${name}: ${rounds} nodes killed, ${answered} requests answered, ${broken} not; nothing spent twice, ` +
      'nothing acknowledged lost',
  );
}
