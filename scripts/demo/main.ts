/**
 * The demonstration of an MCP server: a Cardea in development mode with cardea.yaml, in a store that goes away with it,
 * and the MCP server of orders_server.ts beside it. No arguments. Each takes the next free port; Cardea the one of
 * CARDEA_PORT and CARDEA_MANAGEMENT_PORT, where these are set.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nextFreePort } from '../../demo/free_port.ts';
import { createOrdersServer } from './orders_server.ts';

const program = fileURLToPath(new URL('../../bin/cardea.js', import.meta.url));
const file = fileURLToPath(new URL('cardea.yaml', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'cardea-mcp-'));
const port = process.env.CARDEA_PORT ?? (await nextFreePort(3000));
const ordersPort = await nextFreePort(8082);
const issuer = `http://localhost:${port}`;
const resource = `http://localhost:${ordersPort}/mcp`;
/** What a command of Cardea's needs, too, to work on the same store. */
const settings = {
  CARDEA_CONFIG: file,
  CARDEA_STORE: `sqlite:${join(folder, 'cardea.db')}`,
  CARDEA_PORT: String(port),
  ORDERS_MCP_URL: resource,
};

const cardea = spawn(process.execPath, [program, 'serve'], {
  env: {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    CARDEA_MANAGEMENT_PORT: process.env.CARDEA_MANAGEMENT_PORT ?? String(await nextFreePort(9000)),
    CARDEA_WORKERS: '1',
    CARDEA_LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const gone = once(cardea, 'exit');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => cardea.kill('SIGTERM'));
}

if (await isUp(`${issuer}/.well-known/oauth-authorization-server`)) {
  const { app, verifier } = createOrdersServer({ issuer, resource });
  const orders = app.listen(ordersPort, '127.0.0.1');
  await once(orders, 'listening');
  console.log(welcome());
  await gone;
  orders.closeAllConnections();
  orders.close();
  await verifier.close();
}
await gone;
await rm(folder, { recursive: true, force: true });
process.exitCode = cardea.exitCode ?? 1;

/** False when Cardea ended before. */
async function isUp(url: string): Promise<boolean> {
  while (cardea.exitCode === null && cardea.signalCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  }
  return false;
}

function welcome(): string {
  const variables = Object.entries(settings).map(([name, value]) => `  export ${name}=${value}`);
  return `
An MCP server that only people with an access token of Cardea's can use:

  ${resource}

Connect an MCP client to it, and sign in as alice with the password "password":

  npx @modelcontextprotocol/inspector
  claude mcp add --transport http orders ${resource}

Commands of Cardea's work on the same store with these variables, in another terminal, in the checkout:

${variables.join('\n')}

List the programs that have connected, or find out why a request was refused (its page shows the reference):

  npx cardea clients list
  npx cardea explain REFERENCE

Cut alice off: the server refuses all that she has connected within two seconds.

  npx cardea revoke user alice
`;
}
