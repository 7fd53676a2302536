/**
 * Compiled here, and by another project against the types of the packed package, which the test then writes
 * in the place of the import of the sources. Never run.
 */
import { createServer, type IncomingMessage } from 'node:http';
import express from 'express';
import fastify, { type FastifyRequest } from 'fastify';
import Koa from 'koa';
import {
  createVerifier,
  type ErrorCode,
  protectExpress,
  protectFastify,
  protectFetch,
  protectKoa,
  tokenOf,
  VerifierError,
  type VerifierEvent,
} from '../../../src/verifier/index.ts';

const verifier = createVerifier({
  issuer: 'https://id.example',
  audience: ['https://orders.example'],
  max_staleness: 10,
  when_blind: 'reject',
  dpop: { required: false },
  on_event: (event: VerifierEvent) => {
    if (event.type === 'blind') console.log(event.known_until);
  },
});

new Koa().use(protectKoa(verifier, { scopes: 'orders:read' })).use((ctx) => {
  ctx.body = tokenOf(ctx).claims.sub;
});
express().use(protectExpress(verifier), (request, response) => {
  response.json(tokenOf(request).scopes);
});
const app = fastify();
app.addHook('onRequest', protectFastify(verifier));
app.get(
  '/',
  { onRequest: protectFastify(verifier, { scopes: ['a'] }) },
  (request) => tokenOf(request).binding,
);
// Scopes that depend on the request, with the types of each framework.
new Koa().use(protectKoa(verifier, { scopes: (ctx: Koa.Context) => ctx.path.slice(1) }));
express().use(
  protectExpress(verifier, { scopes: async (request: express.Request) => request.baseUrl }),
);
app.get(
  '/:scope',
  { onRequest: protectFastify(verifier, { scopes: (request: FastifyRequest) => request.id }) },
  () => '',
);
export const byMethod = protectFetch(verifier, () => new Response(), {
  scopes: (request) => (request.method === 'GET' ? undefined : ['orders:write']),
});
export const handler: (request: Request, env: { name: string }) => Promise<Response> = protectFetch(
  verifier,
  (_request, token, env: { name: string }) => Response.json([token.claims.client_id, env.name]),
);

/** Tokens only: no need to ask which kind it is. */
export const typeOfToken = async (token: string): Promise<string | undefined> =>
  (await verifier.verify(token)).header.typ;

const both = createVerifier({
  issuer: 'https://id.example',
  audience: 'https://orders.example',
  api_keys: {
    client_id: 'orders-api',
    client_secret: 'secret',
  },
  client_address: (request) => (request as IncomingMessage).socket.remoteAddress,
});
export const handlerOfBoth = protectFetch(both, (_request, credential) => {
  if (credential.kind === 'access_token') return Response.json(credential.header.typ);
  const { key_id, project, user, tier, environment, metadata, rate_limit: limit } = credential;
  const owner = project ?? user ?? credential.claims.sub;
  return Response.json([key_id, owner, tier, environment, metadata.team, limit?.remaining]);
});

createServer(async (request: IncomingMessage) => {
  try {
    await verifier.verify(request);
  } catch (failure) {
    if (!(failure instanceof VerifierError)) throw failure;
    const code: ErrorCode = failure.code;
    console.log(code, failure.status, failure.wwwAuthenticate, verifier.metrics().blind);
  }
});
