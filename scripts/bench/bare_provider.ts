/**
 * The yardstick: oidc-provider with as little configuration as the flows need, everything in memory, RS256
 * JWT access tokens. No store, no rotation, no audit, no revocation. One process for each of PROCESSES.
 */
import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'node:http';
import { type Configuration, Provider } from 'oidc-provider';
import { api, clients } from './declaration.ts';

const port = Number(process.env.PORT);
const processes = Number(process.env.PROCESSES ?? 1);

if (cluster.isPrimary && processes > 1) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig' });
  for (let index = 0; index < processes; index += 1) cluster.fork({ JWK: jwk });
  cluster.once('listening', () => process.send?.('ready'));
} else {
  listen();
}

function listen(): Server {
  const jwk = process.env.JWK
    ? JSON.parse(process.env.JWK)
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const configuration: Configuration = {
    jwks: { keys: [jwk] },
    cookies: { keys: ['bench'] },
    clients: clients.map(({ apis: _apis, consent: _consent, scope: _scope, ...client }) => client),
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.account?.accountId ?? '',
        clientId: ctx.oidc.client?.clientId ?? '',
      });
      grant.addOIDCScope('openid offline_access');
      grant.addResourceScope(api.identifier, 'orders:read openid offline_access');
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => api.identifier,
        useGrantedResource: () => true,
        getResourceServerInfo: async () => ({
          scope: 'orders:read openid offline_access',
          audience: api.identifier,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
  const provider = new Provider(`http://127.0.0.1:${port}`, configuration);
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: 'alice' } });
    ctx.respond = false;
  });
  return provider.listen(port, '127.0.0.1', () => process.send?.('ready'));
}
