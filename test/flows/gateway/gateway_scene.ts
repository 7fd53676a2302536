/** Two nodes behind a gateway, what it asks them, and what it is told. */
import { basic, postForm } from '../../support/flows.ts';
import { openNodes } from '../api_keys/nodes.ts';
import { declaration, jobSecret, orders } from './gateway_configuration.ts';

export const ordersSettings = { api: orders, scope: 'orders:read' };

export async function openGatewayScene(url: string) {
  const nodes = await openNodes(url, { declaration, trustedProxies: '127.0.0.1' });
  const { first } = nodes;
  return {
    ...nodes,

    /** `settings`: as the query; `path`: in its place. */
    async ask(
      headers: Record<string, string>,
      { settings = ordersSettings as object, node = first, method = 'GET', path = '' } = {},
    ) {
      const query = path || `?${new URLSearchParams(settings as Record<string, string>)}`;
      const response = await fetch(`${node.url}/forward-auth${query}`, { method, headers });
      const text = await response.text();
      const body = text ? JSON.parse(text) : {};
      return { status: response.status, headers: response.headers, body };
    },

    /** A service's own access token. */
    async tokenFor(resource = orders, clientId = 'job', secret = jobSecret): Promise<string> {
      const fields = { grant_type: 'client_credentials', resource };
      const authorization = basic(clientId, secret);
      const { body } = await postForm(`${first.issuer}/token`, fields, { authorization });
      return String(body.access_token);
    },
  };
}

export function bearer(value: string): { authorization: string } {
  return { authorization: `Bearer ${value}` };
}

/** Who it was, as the backend is told. */
export function identityOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('cardea-')));
}
