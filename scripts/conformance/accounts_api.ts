/**
 * The protected resource that the FAPI 2.0 plans call: it takes DPoP-bound access tokens (RFC 9449), verifies
 * them from the JWKS, takes each proof once, and asks introspection whether the token still lives, as the suite
 * expects a token to die with a replayed code.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { accountsClientId } from './declaration.ts';
import type { Setup } from './setup.ts';

const refusal = {
  'content-type': 'application/json',
  'www-authenticate': 'DPoP error="invalid_token", algs="PS256 ES256 EdDSA"',
};

/** Listens on loopback, without TLS; `port` 0 takes any free one. */
export async function startAccountsApi(
  { issuer, api, secret }: Pick<Setup, 'issuer' | 'api' | 'secret'>,
  port: number,
): Promise<Server> {
  const client = { client_id: accountsClientId };
  const authentication = oauth.ClientSecretBasic(secret);
  const usedProofs = new Set<string>();
  let metadata: oauth.AuthorizationServer | undefined;

  /** Discovered at the first request: this may start before Cardea does. */
  const discover = async () => {
    const identifier = new URL(issuer);
    const response = await oauth.discoveryRequest(identifier);
    return oauth.processDiscoveryResponse(identifier, response);
  };

  /** Throws where the request proves nothing. */
  const authenticate = async (incoming: IncomingMessage): Promise<string> => {
    metadata ??= await discover();
    const { authorization = '', dpop = '' } = incoming.headers as Record<string, string>;
    const request = new Request(new URL(incoming.url ?? '/', api), {
      method: incoming.method ?? 'GET',
      headers: { authorization, dpop },
    });
    const { sub } = await oauth.validateJwtAccessToken(metadata, request, api, {
      requireDPoP: true,
    });
    const { jti } = decodeJwt(dpop);
    if (!jti || usedProofs.has(jti)) throw new Error('the proof was used before');
    usedProofs.add(jti);
    const token = authorization.replace(/^dpop +/i, '');
    const { active } = await oauth.processIntrospectionResponse(
      metadata,
      client,
      await oauth.introspectionRequest(metadata, client, authentication, token),
    );
    if (!active) throw new Error('the token is dead');
    return sub;
  };

  const server = createServer(async (request, response) => {
    try {
      const sub = await authenticate(request);
      const interactionId = request.headers['x-fapi-interaction-id'];
      if (interactionId) response.setHeader('x-fapi-interaction-id', interactionId);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ accounts: [], for: sub }));
    } catch {
      response.writeHead(401, refusal).end('{"error":"invalid_token"}');
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
