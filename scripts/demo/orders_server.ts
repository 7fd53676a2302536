/**
 * An MCP server that only people with an access token of Cardea's can use: two tools over streamable HTTP, one that
 * reads orders and one that places them, each with a scope of its own. docs/integrations/mcp.md shows this file.
 */
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Request } from 'express';
import { z } from 'zod';
import { createVerifier, protectExpress, tokenOf } from '../../src/verifier/index.ts';

type Order = { item: string; quantity: number };

const scopeOfTool = new Map([
  ['list_orders', 'orders:read'],
  ['place_order', 'orders:write'],
]);
const scopes = [...scopeOfTool.values()];

/** `resource`: the address that people give to their MCP client, and the API's identifier at Cardea. */
export function createOrdersServer({ issuer, resource }: { issuer: string; resource: string }) {
  const verifier = createVerifier({
    issuer,
    audience: resource,
    // So that one consent covers both tools; whoever wants less unchecks a scope there.
    challenge_scopes: scopes,
    resource_metadata: { resource, resource_name: 'Orders', scopes_supported: scopes },
  });
  const ordersOf = new Map<string, Order[]>();

  const app = createMcpExpressApp({ allowedHosts: [new URL(resource).hostname] });
  app.use(protectExpress(verifier, { scopes: ({ body }: Request) => scopesFor(body) }));

  app.post(new URL(resource).pathname, async (request, response) => {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    addTools(server, personsOrders(ordersOf, tokenOf(request).claims.sub));
    // Without sessions: each request has to bring its token, and a node need not know what another one did.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.once('close', () => server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });
  // There is no stream to open (GET) and no session to end (DELETE).
  app.all(new URL(resource).pathname, (_, response) => response.status(405).end());

  return { app, verifier };
}

type Message = { method?: string; params?: { name?: string } } | undefined;

/** Every request needs a token, and a tool its scope. The SDK also takes several calls in one request. */
function scopesFor(body: Message | Message[]): string[] {
  const calls = [body].flat().filter((message) => message?.method === 'tools/call');
  return calls.flatMap((call) => scopeOfTool.get(String(call?.params?.name)) ?? []);
}

function personsOrders(ordersOf: Map<string, Order[]>, subject: string): Order[] {
  const orders = ordersOf.get(subject) ?? [{ item: 'Bronze door hinge', quantity: 2 }];
  ordersOf.set(subject, orders);
  return orders;
}

function addTools(server: McpServer, orders: Order[]): void {
  const showOrders = () => ({
    content: [{ type: 'text' as const, text: JSON.stringify(orders) }],
  });
  server.registerTool(
    'list_orders',
    { description: 'Lists your orders.', annotations: { readOnlyHint: true } },
    showOrders,
  );
  server.registerTool(
    'place_order',
    {
      description: 'Places an order for you.',
      inputSchema: { item: z.string().max(100), quantity: z.int().min(1).max(100) },
    },
    (order) => {
      orders.push(order);
      return showOrders();
    },
  );
}
