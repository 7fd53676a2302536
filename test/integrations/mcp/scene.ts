/**
 * The MCP server of scripts/demo at a Cardea that was started with its file, an operator beside them, and the site of a
 * client that describes itself.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { freePort } from '../../../harness/free_port.ts';
import type { Person } from '../../../harness/sign_in.ts';
import { createOrdersServer } from '../../../scripts/demo/orders_server.ts';
import { systemClock as clock } from '../../../src/clock.ts';
import { openStore } from '../../../src/storage/open.ts';
import type { RevocationTarget } from '../../../src/tokens/revocation/revocations.ts';
import { killSwitchesOn } from '../../support/kill_switches.ts';
import { siteCertificate, startLocalSite } from '../../support/local_site.ts';
import { testAudit } from '../../support/rooms.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

export type Scene = {
  cardea: TestServer;
  /** The address of the MCP server: all that a client is given. */
  url: string;
  /** Publishes the metadata of a client; answers its address. */
  publish(metadata: object): string;
  kill(target: RevocationTarget): Promise<void>;
  userId(): Promise<string>;
  /** Asks until the MCP server refuses the token; answers how long that took, as a sentence for the report. */
  untilRefused(token: string): Promise<string>;
  /** Leaves the address to another server. */
  closeOrders(): Promise<void>;
  close(): Promise<void>;
};

/** Whom the file of the demonstration declares. */
export const alice: Person = { username: 'alice', password: 'password' };
/** Where no program listens: the robot reads the address and goes no further. */
export const redirectUri = 'http://127.0.0.1:33418/callback';

/** A client that hosts a document about itself, or registers it. */
export const metadata = {
  client_name: 'Test agent',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

const file = readFileSync(new URL('../../../scripts/demo/cardea.yaml', import.meta.url), 'utf8');

export async function openScene(storeUrl: string): Promise<Scene> {
  const port = await freePort();
  const url = `http://localhost:${port}/mcp`;
  const declaration = {
    ...parse(file.replaceAll(/\$\{ORDERS_MCP_URL\}/g, url)),
    // The documents of tests are on this machine.
    outbound: { allow_registered: ['127.0.0.0/8', '::1/128'], ca: siteCertificate },
  };
  const cardea = await startTestServer({ store: storeUrl, declaration });
  const site = await startLocalSite({ tls: true });
  const { app, verifier } = createOrdersServer({ issuer: cardea.issuer, resource: url });
  const orders = app.listen(port, '127.0.0.1');
  await once(orders, 'listening');

  const store = await openStore({ url: storeUrl });
  const audit = testAudit(store, clock);
  const { killSwitches } = killSwitchesOn(store, { declared: declaration, audit, clock });

  const closeOrders = async () => {
    if (!orders.listening) return;
    orders.closeAllConnections();
    orders.close();
    await verifier.close();
  };

  let published = 0;
  return {
    cardea,
    url,
    publish(document) {
      published += 1;
      const path = `/clients/${published}.json`;
      site.serve(path, { client_id: site.url + path, ...document });
      return site.url + path;
    },
    kill: async (target) => {
      await killSwitches.throwSwitch(target, { type: 'token.revoked', actor: 'operator' });
    },
    userId: async () => (await store.users.findByUsername(alice.username))?.id ?? '',
    async untilRefused(token) {
      const headers = { authorization: `Bearer ${token}` };
      const patience = AbortSignal.timeout(30_000);
      const started = performance.now();
      while ((await fetch(url, { headers })).status !== 401) {
        patience.throwIfAborted();
        await sleep(50);
      }
      return `refused ${Math.round(performance.now() - started)} ms after the revocation`;
    },
    closeOrders,
    async close() {
      await closeOrders();
      await site.close();
      await store.close();
      await cardea.close();
    },
  };
}
