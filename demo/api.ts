/**
 * The demonstration API: a resource server that accepts Cardea's JWT access tokens with `@cardea/verifier`,
 * offline, and API keys, by asking; and refuses those that were revoked a moment ago.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createVerifier, VerifierError } from '../src/verifier/index.ts';

const orders = [
  { id: 1042, item: 'Bronze door hinge', quantity: 2 },
  { id: 1043, item: 'Whitethorn branch', quantity: 1 },
];

/** Listens on loopback; `port` 0 takes any free one. */
export async function startDemoApi({
  issuer,
  port,
  audience = 'http://localhost:8081',
}: {
  issuer: string;
  port: number;
  audience?: string;
}): Promise<Server> {
  const verifier = createVerifier({
    issuer,
    audience,
    scopes: 'orders:read',
    api_keys: {
      client_id: 'orders-api',
      client_secret: 'demonstration-secret-of-orders-api',
      prefix: 'demo',
    },
  });
  const server = createServer(async (request, response) => {
    try {
      const { claims } = await verifier.verify(request);
      answer(response, 200, { orders, for: claims.sub, client: claims.client_id });
    } catch (error) {
      if (!(error instanceof VerifierError)) throw error;
      if (error.retryAfter) response.setHeader('retry-after', error.retryAfter);
      if (error.wwwAuthenticate) response.setHeader('www-authenticate', error.wwwAuthenticate);
      answer(response, error.status, { error: error.error, error_description: error.message });
    }
  });
  server.once('close', () => verifier.close());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
