/**
 * Rotation under load, longer than a test may take: two nodes replace their keys every two seconds while
 * verifiers check every token that is issued. Prints what was seen; exits with 1 when any token was refused.
 *
 *   npm run soak:rotation                           SQLite only
 *   npm run soak:rotation -- mongodb://host:port/   and MongoDB
 *
 * SOAK_SECONDS (60) is how long each store is under load.
 */
import { declaration } from '../flows/key_rotation/configuration.ts';
import { loadUnderRotation } from '../flows/key_rotation/load.ts';
import { startProcessNodes } from '../support/nodes.ts';
import { soakStores } from './stores.ts';

const seconds = Number(process.env.SOAK_SECONDS ?? 60);

for (const { name, url } of await soakStores(process.argv[2])) {
  const nodes = await startProcessNodes({ store: url, declaration });
  const [{ issuer }] = nodes;
  const report = await loadUnderRotation({ issuer, nodes, seconds, askers: 8, pauseMs: 5 });
  await Promise.all(nodes.map((node) => node.close()));

  console.log(
    `${name}: ${seconds} s, ${report.tokens} tokens from ${nodes.length} nodes, ${report.kids.length} keys, ` +
      `${report.fetches} fetches of a JWKS, ${report.failures.length} failures`,
  );
  for (const failure of report.failures.slice(0, 20)) console.log(`  ${failure}`);
  if (report.failures.length > 0) process.exitCode = 1;
}
