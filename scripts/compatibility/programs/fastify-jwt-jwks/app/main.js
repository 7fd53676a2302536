import Fastify from 'fastify';
import jwks from 'fastify-jwt-jwks';

const { ISSUER, AUDIENCE, PORT } = process.env;

const app = Fastify();
await app.register(jwks, {
  jwksUrl: `${ISSUER}/.well-known/jwks.json`,
  issuer: ISSUER,
  audience: AUDIENCE,
});

app.get('/orders', { preValidation: app.authenticate }, async (request, reply) => {
  const { sub, scope = '' } = request.user;
  if (!scope.split(' ').includes('orders:read')) return reply.code(403).send();
  return { sub, orders: [] };
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
