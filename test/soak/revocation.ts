/**
 * How long a revoked JWT is still accepted: two nodes on one store, three verifiers as processes of their own, a
 * background load whose tokens must all be accepted, and every kill switch again and again. Prints, for each, the
 * time from the answer to the last verifier's refusal; exits with 1 when any took more than two seconds, or when a
 * token was refused that must live.
 *
 *   npm run soak:revocation                           on SQLite
 *   npm run soak:revocation -- mongodb://host:port/   on MongoDB
 *
 * SOAK_ROUNDS (50) is how often each switch is thrown, SOAK_RATE (200) the load in tokens a second, SOAK_SWITCHES
 * (all) the names of some switches, with commas. With KILL9=1 a node is killed (kill -9) in each round, right after
 * the answer: the one that gave it. Where the operator's command gave it, that is killed, and a node as well.
 */

import { freePort } from '../../harness/free_port.ts';
import { startProcessServer } from '../../harness/process_server.ts';
import { testSecret } from '../../harness/test_secret.ts';
import { startBackgroundLoad } from './revocation/background_load.ts';
import { startBalancer } from './revocation/balancer.ts';
import { createCast } from './revocation/cast.ts';
import { startOperator, startVerifiers } from './revocation/children.ts';
import { declaration } from './revocation/configuration.ts';
import { tokenOfOlderKey } from './revocation/older_key.ts';
import { operatorEnvironment } from './revocation/operator_environment.ts';
import { printLoad, printSwitch, printTableHead, succeeded } from './revocation/report.ts';
import { runRounds } from './revocation/rounds.ts';
import { createKillSwitches } from './revocation/switches.ts';
import { soakStores } from './stores.ts';

const rounds = Number(process.env.SOAK_ROUNDS ?? 50);
const perSecond = Number(process.env.SOAK_RATE ?? 200);
const chosen = process.env.SOAK_SWITCHES?.split(',');
const kills = process.env.KILL9 === '1';

const [store] = (await soakStores(process.argv[2])).slice(-1);
if (!store) throw new Error('no store');
const ports = [await freePort(), await freePort()];
const balancer = await startBalancer(() => ports);
const issuer = balancer.url;
const common = { store: store.url, declaration, issuer, secret: testSecret };
const startNode = (port: number) => startProcessServer({ ...common, port, workers: 1 });
const ofOlderKey = await tokenOfOlderKey({ ...common, ...(ports[0] && { port: ports[0] }) });
const nodes = await Promise.all(ports.map(startNode));
const operator = startOperator(await operatorEnvironment(common));
const verifiers = startVerifiers(3, issuer);
const load = startBackgroundLoad({ url: issuer, verifiers, perSecond });

console.log(
  `${store.name}, ${nodes.length} nodes, 3 verifiers, ${perSecond} tokens/s${kills ? ', kill -9' : ''}`,
);
printTableHead();
let good = true;
for (const killSwitch of createKillSwitches({ cast: createCast(issuer), operator, ofOlderKey })) {
  if (chosen && !chosen.includes(killSwitch.name)) continue;
  const victim = (index: number) => index % nodes.length;
  const report = await runRounds({
    killSwitch,
    rounds,
    nodeUrl: (index) => nodes[victim(index)]?.url ?? issuer,
    verifiers,
    load,
    async afterAnswer(index) {
      if (!kills) return;
      await Promise.all([
        nodes[victim(index)]?.kill(),
        killSwitch.by === 'operator' && operator.kill(),
      ]);
    },
    async afterRound(index) {
      if (kills) nodes[victim(index)] = await startNode(ports[victim(index)] ?? 0);
    },
  });
  printSwitch(report);
  good &&= succeeded(report);
}
const loaded = await load.stop();
printLoad(loaded, verifiers.events);
good &&= Object.keys(loaded.falseRefusals).length === 0;

verifiers.close();
operator.close();
await Promise.all(nodes.map((node) => node.kill()));
balancer.close();
process.exit(good ? 0 : 1);
