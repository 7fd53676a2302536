/**
 * The same with the newer packages of the SDK, as a fetch handler: Request in, Response out. One tool is enough to show
 * what differs. docs/integrations/mcp.md shows this file.
 */
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createVerifier, protectFetch } from '../../src/verifier/index.ts';

const scopes = ['orders:read', 'orders:write'];

export function createOrdersHandler({ issuer, resource }: { issuer: string; resource: string }) {
  const verifier = createVerifier({
    issuer,
    audience: resource,
    challenge_scopes: scopes,
    resource_metadata: { resource, resource_name: 'Orders', scopes_supported: scopes },
  });

  const handler = createMcpHandler(({ authInfo }) => {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    server.registerTool('list_orders', { description: 'Lists your orders.' }, () => ({
      content: [{ type: 'text', text: JSON.stringify({ for: authInfo?.extra?.subject }) }],
    }));
    return server;
  });

  const fetch = protectFetch(
    verifier,
    (request, { token, claims, scopes: granted }) => {
      const extra = { subject: claims.sub };
      const authInfo = { token, clientId: claims.client_id, scopes: [...granted], extra };
      return handler.fetch(request, { authInfo });
    },
    { scopes: scopesFor },
  );
  return { fetch, verifier };
}

/** The body is read from a copy, as the handler reads it again. */
async function scopesFor(request: Request): Promise<string[]> {
  const body = await request
    .clone()
    .json()
    .catch(() => undefined);
  const messages: ({ method?: string } | null)[] = [body ?? null].flat();
  return messages.some((message) => message?.method === 'tools/call') ? ['orders:read'] : [];
}
