import { createVerifier, protectFastify, tokenOf } from '@cardea/verifier';
import Fastify from 'fastify';

const { ISSUER, PORT } = process.env;
const verifier = createVerifier({ issuer: ISSUER, audience: 'https://orders.example' });

const app = Fastify();
app.addHook('onRequest', protectFastify(verifier, { scopes: 'orders:read' }));
app.get('/orders', async (request) => {
  const { claims } = tokenOf(request);
  return { orders: [], of: claims.sub, for: claims.client_id };
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
