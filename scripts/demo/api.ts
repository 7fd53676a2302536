/**
 * The demonstration API: a resource server that accepts Cardea's JWT access tokens (RFC 9068), verified from
 * the JWKS alone, and answers by RFC 6750.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

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
  const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  let jwks: ReturnType<typeof createRemoteJWKSet> | undefined;

  /** Discovered at the first request: the API may start before Cardea does. */
  const keys = async () => {
    if (!jwks) {
      const metadata = (await (await fetch(discovery)).json()) as { jwks_uri: string };
      jwks = createRemoteJWKSet(new URL(metadata.jwks_uri), { cooldownDuration: 1000 });
    }
    return jwks;
  };

  const verify = async (authorization: string | undefined): Promise<JWTPayload | undefined> => {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (!token) return undefined;
    const { payload } = await jwtVerify(token, await keys(), {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['RS256'],
    });
    return payload;
  };

  const server = createServer(async (request, response) => {
    try {
      const token = await verify(request.headers.authorization);
      if (!token) return challenge(response, 401, 'Bearer');
      if (
        !String(token.scope ?? '')
          .split(' ')
          .includes('orders:read')
      ) {
        return challenge(response, 403, 'Bearer error="insufficient_scope", scope="orders:read"');
      }
      answer(response, 200, { orders, for: token.sub, client: token.client_id });
    } catch {
      challenge(response, 401, 'Bearer error="invalid_token"');
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** RFC 6750 section 3. */
function challenge(response: ServerResponse, status: number, header: string): void {
  response.setHeader('www-authenticate', header);
  answer(response, status, { error: status === 403 ? 'insufficient_scope' : 'invalid_token' });
}
