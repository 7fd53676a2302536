/** The MCP server that is a fetch handler, on Node's own server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createOrdersHandler } from '../../../scripts/demo/fetch_handler.ts';
import { onSqlite } from '../../support/stores.ts';
import { createAgent, use } from './agent.ts';
import { openScene } from './scene.ts';
import { sdks } from './sdks.ts';

/** At the address of the scene's own server, which it takes the place of. */
async function serve(t: TestContext, issuer: string, resource: string): Promise<void> {
  const { fetch, verifier } = createOrdersHandler({ issuer, resource });
  const { origin, port } = new URL(resource);
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    const body = method === 'POST' ? await buffer(request) : null;
    const answer = await fetch(new Request(origin + url, { method, headers, body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await verifier.close();
  });
}

onSqlite((stores) => {
  for (const [name, sdk] of Object.entries(sdks)) {
    test(`An agent with ${name} connects to a server of the newer SDK that is a fetch handler`, async (t) => {
      const scene = await openScene(await stores.freshUrl());
      t.after(() => scene.close());
      await scene.closeOrders();
      await serve(t, scene.cardea.issuer, scene.url);
      const agent = createAgent(sdk, { url: scene.url });
      const client = await agent.connect();
      assert.deepEqual(await use(client, 'list_orders'), { for: await scene.userId() });
      await client.close();
      const other = createAgent(sdk, { url: scene.url });
      const without = await other.connect({ scopes: ['orders:write'] });
      await assert.rejects(
        use(without, 'list_orders'),
        sdk.stepsUp ? sdk.UnauthorizedError : /403/,
      );
      await without.close();
    });
  }
});
