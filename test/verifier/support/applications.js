/**
 * Runs in a project of its own, from the installed package: one API in each framework, behind one verifier.
 * Prints their URLs, and ends when its input does.
 */
import { createServer } from 'node:http';
import {
  createVerifier,
  protectExpress,
  protectFastify,
  protectFetch,
  protectKoa,
  tokenOf,
} from '@cardea/verifier';
import express from 'express';
import fastify from 'fastify';
import Koa from 'koa';

const [issuer, audience, clientId, clientSecret] = process.argv.slice(2);
const verifier = createVerifier({
  issuer,
  audience,
  ...(clientId && { api_keys: { client_id: clientId, client_secret: clientSecret } }),
  challenge_scopes: 'orders:read orders:write',
  resource_metadata: { resource: audience, scopes_supported: ['orders:read'] },
});
const needs = { scopes: ({ method }) => (method === 'POST' ? 'orders:write' : 'orders:read') };

const koa = new Koa().use(protectKoa(verifier, needs)).use((ctx) => {
  ctx.body = { sub: tokenOf(ctx).claims.sub };
});

const onExpress = express()
  .use(protectExpress(verifier, needs))
  .get('/items', (request, response) => {
    response.json({ sub: tokenOf(request).claims.sub });
  });

const onFastify = fastify();
onFastify.addHook('onRequest', protectFastify(verifier, needs));
onFastify.get('/items', (request) => ({ sub: tokenOf(request).claims.sub }));

const handler = protectFetch(
  verifier,
  (_, token) => Response.json({ sub: token.claims.sub }),
  needs,
);
const fetchServer = createServer(async (request, response) => {
  const { method, headers, url } = request;
  const answer = await handler(new Request(`http://localhost${url}`, { method, headers }));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(await answer.text());
});

const urlOf = (server) => `http://127.0.0.1:${server.address().port}`;
const listening = (server) => new Promise((resolve) => server.once('listening', resolve));
const servers = [koa, onExpress].map((app) => app.listen(0, '127.0.0.1'));
fetchServer.listen(0, '127.0.0.1');
await Promise.all([...servers, fetchServer].map(listening));
const fastifyUrl = await onFastify.listen({ port: 0, host: '127.0.0.1' });
const [koaUrl, expressUrl] = servers.map(urlOf);
const urls = { koa: koaUrl, express: expressUrl, fastify: fastifyUrl, fetch: urlOf(fetchServer) };
console.log(JSON.stringify({ urls, node: process.version }));

process.stdin.resume();
process.stdin.once('end', async () => {
  verifier.close();
  for (const server of [...servers, fetchServer]) {
    server.close();
    server.closeAllConnections();
  }
  await onFastify.close();
});
